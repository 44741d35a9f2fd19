"use strict";
/* The Read page: a clip comes by drop, paste, choice or address, plays while it is read, and its page opens. */
(() => {
  const drop = document.getElementById("drop"), address = document.getElementById("address"), busy = document.getElementById("busy");
  const input = drop.querySelector("input"), preview = busy.querySelector(".preview"), meter = busy.querySelector("progress"), what = busy.querySelector(".what");
  const article = document.getElementById("reading");

  const asked = () => "/api/v1/readings" + (document.getElementById("captions")?.checked ? "?captions=true" : "");
  function begin(words) {
    gifect.complain("");
    busy.hidden = false; what.textContent = words; meter.removeAttribute("value");
    if (article) article.hidden = true;
    busy.scrollIntoView({ block: "center" });
  }
  function fail(error) {
    busy.hidden = true;
    if (article) article.hidden = false;
    preview.replaceChildren();
    if (error.name !== "AbortError") gifect.complain(error);
  }
  function playing(file) {
    const element = document.createElement(file.type.startsWith("video") ? "video" : "img");
    if (file.type.startsWith("video")) Object.assign(element, { muted: true, loop: true, autoplay: true, playsInline: true }); else element.alt = "";
    element.src = URL.createObjectURL(file);
    preview.replaceChildren(element);
  }

  async function readFile(file) {
    begin("Sending…"); playing(file);
    const form = new FormData(), handle = {};
    form.append("file", file, file.name || "pasted.gif");
    document.getElementById("stop").onclick = () => handle.stop();
    try {
      const kept = await gifect.send(asked(), form, (share) => {
        if (share < 1) meter.value = share; else { meter.removeAttribute("value"); what.textContent = "Reading…"; }
      }, handle);
      location.assign(kept.links.page);
    } catch (error) { fail(error); }
  }
  async function readAddress(url) {
    begin("Fetching and reading…"); preview.replaceChildren();
    const stop = new AbortController();
    document.getElementById("stop").onclick = () => stop.abort();
    try {
      const kept = await gifect.call("POST", asked(), { url }, { signal: stop.signal });
      location.assign(kept.links.page);
    } catch (error) { fail(error); }
  }

  input.addEventListener("change", () => { if (input.files.length) readFile(input.files[0]); });
  drop.addEventListener("submit", (event) => { event.preventDefault(); if (input.files.length) readFile(input.files[0]); });
  address.addEventListener("submit", (event) => { event.preventDefault(); readAddress(address.elements.url.value.trim()); });
  function take(data) {
    const file = [...data.files][0], link = data.getData("text/uri-list") || data.getData("text/plain");
    if (file) readFile(file); else if (/^https?:\/\//.test(link.trim())) readAddress(link.trim());
  }
  gifect.takeDrops(drop, take);
  addEventListener("paste", (event) => { if (!event.target.closest("input")) take(event.clipboardData); });
  addEventListener("pageshow", (event) => { if (event.persisted) { busy.hidden = true; if (article) article.hidden = false; } });

  async function copy(text, words) {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else { /* browsers give it over TLS and on localhost alone */
      const box = document.createElement("textarea");
      box.value = text; document.body.append(box); box.select(); document.execCommand("copy"); box.remove();
    }
    gifect.say(words);
  }
  document.getElementById("share")?.addEventListener("click", () => copy(location.href, "The link is copied"));
  document.getElementById("json")?.addEventListener("click", async (event) => {
    try { copy(JSON.stringify((await gifect.call("GET", event.target.dataset.from)).reading, null, 2), "The reading is copied as JSON"); } catch (error) { gifect.complain(error); }
  });
})();
