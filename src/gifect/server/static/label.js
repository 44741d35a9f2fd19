"use strict";
/* Labelling: yes, no or unsure by key; going back shows the last one again, and the last label counts. */
(() => {
  const part = (id) => document.getElementById(id);
  const box = part("labelling");
  for (const button of document.querySelectorAll("[data-resolve]")) {
    button.onclick = async () => {
      const row = button.closest("[data-gif]"), emotion = part("verdicts").dataset.emotion;
      try { await gifect.call("POST", "/api/v1/labels", { emotion, gif: row.dataset.gif, answer: button.dataset.resolve, resolve: true }); button.closest(".tile").remove(); gifect.say("Decided"); } catch (error) { gifect.complain(error); }
    };
  }
  if (!box) return;
  const emotion = box.dataset.emotion, labeler = part("labeler");
  let gif = null, past = [], busy = false;
  labeler.value = localStorage.getItem("gifect voter") || "";

  function present(name) {
    gif = name;
    part("done").hidden = Boolean(name);
    for (const only of box.querySelectorAll(".question, .frame, .flags, .choices")) only.hidden = !name && !past.length;
    for (const button of box.querySelectorAll("[data-answer]")) button.disabled = !name;
    part("gif").textContent = name || "";
    part("cartoon").checked = part("multiple").checked = false;
    part("back").disabled = !past.length;
    if (name) gifect.show(part("frame"), name); else part("frame").replaceChildren();
  }
  async function ask() {
    const who = labeler.value.trim() ? `?labeler=${encodeURIComponent(labeler.value.trim())}` : "";
    try { present((await gifect.call("GET", `/api/v1/labels/${emotion}/next${who}`)).gif); gifect.complain(""); } catch (error) { gifect.complain(error); }
  }
  async function answer(said) {
    if (!gif || busy) return;
    busy = true;
    const label = { emotion, gif, answer: said, cartoon: part("cartoon").checked, multiple: part("multiple").checked };
    if (labeler.value.trim()) label.labeler = labeler.value.trim();
    try {
      const state = await gifect.call("POST", "/api/v1/labels", label);
      for (const name of ["queued", "agreed", "refused"]) part(name).textContent = state[name].toLocaleString("en");
      part("share").textContent = state.share === null ? "–" : Math.round(100 * state.share) + " %";
      part("kappa").textContent = state.kappa === null ? "–" : state.kappa.toFixed(2);
      past.push(gif);
      await ask();
    } catch (error) { gifect.complain(error); }
    busy = false;
  }
  for (const button of box.querySelectorAll("[data-answer]")) button.onclick = () => answer(button.dataset.answer);
  async function all(path, of) {
    const found = [];
    for (let next = path; next;) { const told = await gifect.call("GET", next); found.push(...told.items.map(of)); next = told.next; }
    return found;
  }
  part("fill")?.addEventListener("click", async () => {
    try {
      const ranked = await all(`/api/v1/scores/${emotion}?limit=200`, (place) => place.gif);
      const shown = await all("/api/v1/gifs?limit=200", (known) => known.name);
      await gifect.call("PUT", `/api/v1/labels/${emotion}/queue`, { gifs: [...new Set([...ranked, ...shown])] });
      location.reload();
    } catch (error) { gifect.complain(error); }
  });
  part("back").onclick = () => { if (past.length) present(past.pop()); };
  labeler.onchange = () => { localStorage.setItem("gifect voter", labeler.value.trim()); past = []; ask(); };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("#labeler")) return;
    const flip = (id) => () => part(id).click();
    const act = { y: () => answer("yes"), n: () => answer("no"), u: () => answer("unsure"), z: flip("back"), c: flip("cartoon"), m: flip("multiple") }[event.key.toLowerCase()];
    if (act) { event.preventDefault(); act(); }
  });
  ask();
})();
