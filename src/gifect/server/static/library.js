"use strict";
/* The library: a folder that is dropped is sent file by file in one job and followed to its end; tags are given and taken. */
(() => {
  const part = (id) => document.getElementById(id);
  const adding = part("adding"), tags = part("tags");

  async function filesOf(entry) {
    if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
    const reader = entry.createReader(), found = [];
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) return found;
      for (const inner of some) found.push(...(await filesOf(inner)));
    }
  }
  async function add(files) {
    const clips = files.filter((file) => /\.(gif|webp|png|apng|avif|mp4|webm)$/i.test(file.name) && !file.name.startsWith("."));
    const box = part("progress"), text = box.querySelector("span"), meter = box.querySelector("progress");
    if (!clips.length) return gifect.complain(new Error("no clip is among these files: expected GIF, WebP, APNG, AVIF, MP4 or WebM"));
    gifect.complain(""); box.hidden = false;
    let done = 0, failed = 0;
    try {
      for (let start = 0; start < clips.length; start += 40) {
        const form = new FormData();
        for (const clip of clips.slice(start, start + 40)) form.append("files", clip, clip.name);
        text.textContent = `Sending ${clips.length} clip${clips.length === 1 ? "" : "s"}…`;
        const job = await gifect.send("/api/v1/library/uploads", form, () => {});
        const last = await follow(job.id, (told) => {
          meter.value = (done + told.done + failed + told.failed) / clips.length;
          text.textContent = `${done + told.done} of ${clips.length} read`;
        });
        done += last.done; failed += last.failed;
      }
      if (failed) { box.hidden = true; gifect.complain(new Error(`${failed} of ${clips.length} could not be read; the others are in the library`)); }
      else location.assign("/library");
    } catch (error) { box.hidden = true; gifect.complain(error); }
  }
  function follow(job, tell) {
    return new Promise((resolve, reject) => {
      const events = new EventSource(`/api/v1/jobs/${job}/events`);
      events.addEventListener("progress", (event) => tell(JSON.parse(event.data)));
      events.addEventListener("end", (event) => { events.close(); resolve(JSON.parse(event.data)); });
      events.onerror = () => { if (events.readyState === EventSource.CLOSED) reject(new Error("the server cannot be reached")); };
    });
  }
  if (adding) {
    for (const input of [adding.querySelector("input"), part("files")]) input.addEventListener("change", () => add([...input.files]));
    gifect.takeDrops(adding, async (data) => {
      const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
      add((await Promise.all(entries.map(filesOf))).flat());
    });
  }

  async function change(body) {
    try { await gifect.call("PATCH", `/api/v1/library/${tags.dataset.entry}/tags`, body); location.reload(); } catch (error) { gifect.complain(error); }
  }
  part("tag")?.addEventListener("submit", (event) => { event.preventDefault(); change({ add: [part("new-tag").value.trim()] }); });
  for (const button of tags?.querySelectorAll(".x") ?? []) button.onclick = () => change({ remove: [button.dataset.tag] });
  part("remove")?.addEventListener("click", async (event) => {
    if (!confirm("Take this clip out of the library?")) return;
    try { await gifect.call("DELETE", `/api/v1/library/${event.target.dataset.entry}`); location.assign("/library"); } catch (error) { gifect.complain(error); }
  });
})();
