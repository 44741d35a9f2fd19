"use strict";
/* What all pages share: talking to the API, saying things, and pictures that play only while they are in view. */
const gifect = (() => {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.documentElement.classList.add("js");

  /* Calls the API and returns what it answers; a problem becomes an error with its detail. */
  async function call(method, path, body, options = {}) {
    const headers = body === undefined ? {} : { "Content-Type": "application/json" };
    const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), ...options });
    if (answer.status === 204) return null;
    const told = await answer.json().catch(() => null);
    if (!answer.ok) throw new Error(told?.detail || `the server answers ${answer.status}`);
    return told;
  }

  /* Sends a form and tells how much of it is sent, from 0 to 1. */
  function send(path, form, progress, handle = {}) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      handle.stop = () => request.abort();
      request.open("POST", path);
      request.setRequestHeader("Accept", "application/json");
      request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
      request.onload = () => {
        let told = null;
        try { told = JSON.parse(request.responseText); } catch { /* no JSON */ }
        if (request.status < 300) resolve(told); else reject(new Error(told?.detail || `the server answers ${request.status}`));
      };
      request.onerror = () => reject(new Error("the server cannot be reached"));
      request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
      request.send(form);
    });
  }

  let fading = 0;
  function say(text) {
    const toast = document.getElementById("said");
    toast.textContent = text; toast.classList.add("on");
    clearTimeout(fading); fading = setTimeout(() => toast.classList.remove("on"), 2600);
  }
  function complain(error) {
    const wrong = document.getElementById("wrong");
    if (!wrong) return say(error.message);
    wrong.hidden = !error;
    wrong.textContent = error ? error.message : "";
    if (error) wrong.scrollIntoView({ block: "nearest" });
  }

  const isVideo = (name) => /\.(mp4|webm)$/i.test(name);
  const place = (kind, name) => `/api/v1/gifs/${kind}?name=${encodeURIComponent(name)}`;

  /* Fills a frame with a GIF by name; where no file of it is at hand, with its name. */
  function show(frame, name) {
    const element = document.createElement(isVideo(name) ? "video" : "img");
    if (isVideo(name)) Object.assign(element, { muted: true, loop: true, autoplay: !still, playsInline: true, controls: still });
    else element.alt = "";
    element.onerror = () => { const text = document.createElement("p"); text.textContent = name; frame.replaceChildren(text); };
    element.src = isVideo(name) || !still ? place("media", name) : place("still", name);
    frame.replaceChildren(element);
  }

  /* Stills play while they are in view, and only then. */
  const eyes = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      const video = target.querySelector("video"), image = target.querySelector("img");
      if (isIntersecting && "video" in target.dataset && !video) {
        const fresh = document.createElement("video");
        Object.assign(fresh, { muted: true, loop: true, autoplay: true, playsInline: true, src: target.dataset.media });
        fresh.setAttribute("aria-hidden", "true");
        target.append(fresh);
      } else if (isIntersecting && !("video" in target.dataset)) image.src = target.dataset.media;
      else if (video) video.remove();
      else image.src = target.dataset.still;
    }
  }, { rootMargin: "40px" });
  for (const box of document.querySelectorAll(".play[data-media]")) {
    box.dataset.still = box.querySelector("img").src;
    if (!still) eyes.observe(box);
  }

  /* Takes files that are dropped anywhere on the page. */
  function takeDrops(target, take) {
    const over = (on) => target.classList.toggle("over-drop", on);
    addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); over(true); } });
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(false); });
    addEventListener("drop", async (event) => { event.preventDefault(); over(false); take(event.dataTransfer); });
  }

  return { call, send, say, complain, show, still, takeDrops, isVideo };
})();
