"use strict";
// The browser of clips. Nothing here knows whether clips lie in the page or with a server: that is
// the business of `source`. Text from a dataset only ever becomes text, never markup.

const setup = JSON.parse(document.getElementById("setup").textContent);
const FILTERS = ["domain", "language", "split", "reason", "review"];
const PAGE = 50;
const state = { filter: {}, clips: [], total: 0, at: -1, clip: null };
const find = (id) => document.getElementById(id);

function make(tag, given = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...inside.filter((each) => each !== null && each !== undefined));
  return node;
}

// ---- where clips come from

const embedded = {
  async list(filter, offset) {
    const words = (filter.q || "").toLowerCase();
    const found = setup.clips.filter(
      (clip) =>
        FILTERS.every((name) => !filter[name] || valuesOf(clip, name).includes(filter[name])) &&
        (!words || searchable(clip).includes(words)),
    );
    const facets = {};
    for (const name of FILTERS) {
      facets[name] = {};
      for (const clip of setup.clips)
        for (const value of valuesOf(clip, name)) facets[name][value] = (facets[name][value] || 0) + 1;
    }
    return { total: found.length, clips: found.slice(offset, offset + PAGE).map(line), facets };
  },
  async clip(id) {
    return setup.clips.find((clip) => clip.clip_id === id);
  },
  audio: (clip) => clip.audio,
  picture: (clip) => clip.spectrogram,
};

function valuesOf(clip, name) {
  if (name === "reason") return clip.reasons;
  if (name === "review") return [(clip.review && clip.review.mark) || "none"];
  return [clip[name] || "none"];
}

function searchable(clip) {
  clip.searchable ??= [
    clip.clip_id,
    clip.recording.title,
    ...clip.captions.map((each) => each.text),
    ...clip.questions.flatMap((each) => [each.question, each.answer]),
    ...clip.evidence.map((each) => each.text),
  ]
    .join("\n")
    .toLowerCase();
  return clip.searchable;
}

function line(clip) {
  const general = clip.captions.find((each) => each.where === "long/0");
  const { clip_id, domain, language, split, passed, reasons } = clip;
  return { clip_id, domain, language, split, passed, reasons, caption: general && general.text };
}

const served = {
  list: (filter, offset) =>
    ask(`/api/clips?${new URLSearchParams({ ...filter, offset, limit: PAGE })}`),
  clip: (id) => ask(`/api/clip/${encodeURIComponent(id)}`),
  audio: (clip) => `/audio/${encodeURIComponent(clip.clip_id)}`,
  picture: (clip) => `/spectrogram/${encodeURIComponent(clip.clip_id)}.png`,
  review: (id, review) =>
    ask(`/api/review/${encodeURIComponent(id)}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Auricle-Token": setup.token },
      body: JSON.stringify(review),
    }),
};

async function ask(address, how) {
  const answer = await fetch(address, how);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error || answer.statusText);
  return told;
}

const source = setup.server ? served : embedded;

// ---- the list

async function refresh() {
  const found = await guarded(source.list(state.filter, 0));
  if (!found) return;
  state.clips = found.clips;
  state.total = found.total;
  offer(found.facets);
  draw();
  if (state.clips.length) await show(0, false);
  else find("clip").replaceChildren(make("p", {}, "No clip is like that."));
}

async function more() {
  const found = await guarded(source.list(state.filter, state.clips.length));
  if (!found) return;
  state.clips.push(...found.clips);
  draw();
}

function offer(facets) {
  for (const name of FILTERS) {
    const select = find(`by-${name}`);
    if (select.options.length > 1) continue;
    const values = Object.entries(facets[name] || {}).sort((a, b) => b[1] - a[1]);
    for (const [value, count] of values)
      select.append(make("option", { value }, `${value.replaceAll("_", " ")} (${count})`));
    select.parentElement.hidden = values.length < 2;
  }
}

function draw() {
  find("count").textContent = `${state.total.toLocaleString("en")} of ${setup.of.toLocaleString("en")} clips`;
  find("list").replaceChildren(
    ...state.clips.map((clip, at) =>
      make(
        "li",
        {},
        make(
          "button",
          { type: "button", "aria-current": at === state.at ? "true" : "false", onclick: () => show(at, true) },
          clip.caption || `(no caption: ${clip.reasons.join(", ") || "none written"})`,
          make("small", {}, [clip.domain, clip.language, clip.split || "in no split", ...clip.reasons].filter(Boolean).join(" · ")),
        ),
      ),
    ),
    state.clips.length < state.total ? make("li", {}, make("button", { type: "button", onclick: more }, "More …")) : "",
  );
}

async function show(at, focus) {
  if (at < 0 || at >= state.total) return;
  if (at >= state.clips.length) await more();
  state.at = at;
  const clip = await guarded(source.clip(state.clips[at].clip_id));
  if (!clip || state.at !== at) return; // another one was chosen in the meantime
  state.clip = clip;
  for (const [number, button] of [...find("list").querySelectorAll("button")].entries())
    button.setAttribute("aria-current", number === at ? "true" : "false");
  find("list").children[at].scrollIntoView({ block: "nearest" });
  find("clip").replaceChildren(...parts(clip));
  find("said").textContent = `Clip ${at + 1} of ${state.total}`;
  if (focus) find("clip").querySelector("h3").focus({ preventScroll: true });
}

async function guarded(promise) {
  try {
    find("failed").textContent = "";
    return await promise;
  } catch (error) {
    find("failed").textContent = `That did not work: ${error.message}`;
    return null;
  }
}

// ---- one clip

function parts(clip) {
  const player = make("audio", { controls: true, preload: "metadata", src: source.audio(clip), "aria-label": "the sound of the clip" });
  const about = clip.recording;
  const head = [about.title, about.uploader && `by ${about.uploader}`, about.license || "no licence stated",
    about.sample_rate && `${about.codec}, ${about.sample_rate} Hz, ${about.channels === 1 ? "mono" : `${about.channels} channels`}`]; // prettier-ignore
  return [
    make("h3", { tabindex: "-1" }, clip.clip_id),
    make("p", { class: "soft" }, head.filter(Boolean).join(" · ")),
    make("p", {}, standing(clip), ...clip.against.map((each) => make("span", { class: "fault" }, ` ${each}`))),
    player,
    timeline(clip, player),
    setup.server ? reviewing(clip) : clip.review && make("p", {}, `Reviewed: ${clip.review.mark || "texts corrected"}. ${clip.review.note || ""}`),
    make("h3", {}, "Captions"),
    ...clip.captions.map((each) => text(clip, each, player)),
    make("h3", {}, "Questions"),
    ...clip.questions.map((each) => text(clip, each, player)),
    make("h3", {}, "Evidence"),
    make("ul", { id: "evidence" }, ...clip.evidence.map((each) => proof(each, player))),
    make("h3", {}, "Measured"),
    table(clip.measured),
    folded("Not heard, and why", table(clip.out.map(([name, status, why]) => [name, status, why]))),
    folded("Made by", table(clip.made_by)),
  ].filter(Boolean);
}

function standing(clip) {
  if (clip.passed === null) return make("span", { class: "soft" }, "No verdict yet.");
  return clip.passed
    ? make("span", { class: "yes" }, `In: ${clip.split || "no split yet"}.`)
    : make("span", { class: "no" }, "Out:");
}

function timeline(clip, player) {
  const percent = (seconds) => `${(100 * Math.min(seconds, clip.duration)) / clip.duration}%`;
  const row = (name, track) => make("div", { class: "lane" }, make("span", { title: name }, name), track);
  const picture = make(
    "div",
    { class: "track picture", onclick: (event) => play(player, clip.duration * (event.offsetX / picture.clientWidth)) },
    make("img", { src: source.picture(clip), alt: "spectrogram, 60 Hz to 8 kHz", draggable: "false" }),
    make("b", { "aria-hidden": "true" }, "8 kHz"),
    make("b", { "aria-hidden": "true" }, "60 Hz"),
  );
  const ruler = make("div", { class: "track ruler", "aria-hidden": "true" });
  const step = [1, 2, 5, 10, 30, 60].find((each) => clip.duration / each <= 10) || 120;
  for (let second = 0; second <= clip.duration; second += step)
    ruler.append(make("i", { style: `left:${percent(second)}` }, `${second}`));
  const made = clip.lanes.map((lane) => {
    const track = make("div", { class: "track" });
    for (const [start, end, score, said] of lane.spans) {
      const name = `${said || lane.name}, ${start} to ${end} seconds${lane.kind === "tag" ? `, ${Math.round(100 * score)} %` : ""}`;
      track.append(
        make(
          "button",
          {
            type: "button",
            title: name,
            "aria-label": `play ${name}`,
            style: `left:${percent(start)};width:calc(${percent(end)} - ${percent(start)});background:var(--${lane.kind})${said ? "" : `;opacity:${0.4 + 0.6 * score}`}`,
            onclick: () => play(player, start, end),
          },
          said,
        ),
      );
    }
    return row(lane.name, track);
  });
  const head = make("div", { id: "head" });
  const all = make("div", { id: "lanes" }, row("sound", picture), ...made, row("seconds", ruler), head);
  follow(player, head, picture, clip.duration);
  return all;
}

// A stretch that was clicked plays to its end; the next click or key ends that.
function play(player, start, end) {
  player.dataset.until = end === undefined ? "" : end;
  player.currentTime = Math.max(0, start);
  player.play();
}

function follow(player, head, picture, duration) {
  const step = () => {
    if (!player.isConnected) return;
    const until = Number.parseFloat(player.dataset.until);
    if (until && player.currentTime >= until) {
      player.pause();
      player.dataset.until = "";
    }
    head.style.display = "block";
    head.style.left = `${picture.offsetLeft + (picture.clientWidth * player.currentTime) / duration}px`;
    if (!player.paused) requestAnimationFrame(step);
  };
  for (const event of ["play", "seeked", "pause"]) player.addEventListener(event, step);
}

function text(clip, each, player) {
  const pieces = each.support.map((id) => clip.evidence.find((piece) => piece.id === id) || { id, text: "not among the evidence" });
  const said = each.question
    ? [make("div", {}, make("b", {}, each.question)), make("div", {}, each.answer)]
    : [make("div", {}, each.text)];
  return make(
    "div",
    { class: each.faults.length ? "text out" : "text", "data-where": each.where },
    make("div", { class: "kind" }, [each.kind, each.difficulty, each.margin !== null && `margin ${each.margin}`].filter(Boolean).join(" · ")),
    ...said,
    ...each.faults.map((fault) => make("div", { class: "fault" }, `out, ${fault}`)),
    make("div", { class: "because" }, "because ", ...pieces.flatMap((piece) => [chip(piece, player), ` ${piece.text} `])),
  );
}

function chip(piece, player) {
  const timed = piece.start !== null && piece.start !== undefined;
  const name = timed ? `play ${piece.id}` : `mark ${piece.id}`;
  return make("button", { type: "button", "aria-label": `${name}: ${piece.text}`, onclick: () => {
    for (const item of document.querySelectorAll("#evidence li")) item.classList.toggle("lit", item.dataset.id === piece.id);
    if (timed) play(player, piece.start, piece.end);
  } }, piece.id); // prettier-ignore
}

function proof(piece, player) {
  const when = piece.start === null ? "" : ` ${piece.start}–${piece.end} s:`;
  return make("li", { "data-id": piece.id }, chip(piece, player), `${when} ${piece.text}, ${piece.sure}`);
}

function table(rows) {
  if (!rows.length) return null;
  return make("table", {}, make("tbody", {}, ...rows.map(([name, ...told]) =>
    make("tr", {}, make("th", { scope: "row" }, name), ...told.map((each) => make("td", {}, `${each ?? ""}`)))))); // prettier-ignore
}

function folded(title, inside) {
  return inside && make("details", {}, make("summary", {}, title), inside);
}

// ---- a reviewer's marks, where a server keeps them

function reviewing(clip) {
  const review = clip.review || { mark: null, note: "", fixes: [] };
  const note = make("textarea", { rows: 2, id: "note" });
  note.value = review.note || "";
  const which = make("select", { id: "which" }, ...fixable(clip).map(([where, was]) => make("option", { value: where }, `${where}: ${was}`)));
  const better = make("textarea", { rows: 2, id: "better" });
  const fill = () => {
    const fix = review.fixes.find((each) => each.where === which.value);
    better.value = fix ? fix.text : originalOf(clip, which.value);
  };
  which.addEventListener("change", fill);
  if (which.value) fill();
  const mark = (value) =>
    make("button", { type: "button", "data-mark": value, "aria-pressed": review.mark === value ? "true" : "false", onclick: () => save(clip, { mark: review.mark === value ? null : value }) }, value);
  return make(
    "div",
    { id: "review" },
    make("b", {}, "Your verdict: "), mark("good"), " ", mark("bad"),
    make("label", {}, "Note", note),
    make("button", { type: "button", onclick: () => save(clip, {}) }, "Save the note"),
    folded("Correct a text", make("div", {}, make("label", {}, "Which", which), make("label", {}, "It should say", better),
      make("button", { type: "button", id: "fix", onclick: () => save(clip, { fix: { where: which.value, was: originalOf(clip, which.value), text: better.value } }) }, "Save the text"))),
    review.fixes.length ? make("p", { class: "soft" }, `Corrected: ${review.fixes.map((each) => each.where).join(", ")}`) : null,
    make("p", { class: "soft" }, "Marks count at the next auricle verify."),
  ); // prettier-ignore
}

function fixable(clip) {
  return [
    ...clip.captions.map((each) => [each.where, each.text]),
    ...clip.questions.flatMap((each) => [[`${each.where}/question`, each.question], [`${each.where}/answer`, each.answer]]),
  ]; // prettier-ignore
}

function originalOf(clip, where) {
  const fix = ((clip.review && clip.review.fixes) || []).find((each) => each.where === where);
  if (fix) return fix.was;
  return (fixable(clip).find(([name]) => name === where) || ["", ""])[1];
}

async function save(clip, change) {
  const before = clip.review || { mark: null, note: "", fixes: [] };
  const fixes = before.fixes.filter((each) => !change.fix || each.where !== change.fix.where);
  if (change.fix && change.fix.text.trim() && change.fix.text !== change.fix.was) fixes.push(change.fix);
  const review = { mark: "mark" in change ? change.mark : before.mark, note: find("note").value || null, fixes };
  if (await guarded(source.review(clip.clip_id, review))) {
    find("said").textContent = "Saved";
    await show(state.at, false);
  }
}

// ---- keys, filters, and what a chart says under the pointer

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, audio")) return;
  const player = document.querySelector("#clip audio");
  const keys = {
    j: () => show(state.at + 1, true),
    k: () => show(state.at - 1, true),
    " ": () => player && (player.paused ? (delete player.dataset.until, player.play()) : player.pause()),
    "/": () => find("q").focus(),
  };
  if (setup.server) {
    keys.g = () => find("clip").querySelector("[data-mark=good]").click();
    keys.b = () => find("clip").querySelector("[data-mark=bad]").click();
  }
  const act = keys[event.key];
  if (!act || (event.key === " " && event.target.closest("button, summary, a"))) return;
  event.preventDefault();
  act();
});

let waiting = 0;
for (const event of ["input", "change"])
  find("filters").addEventListener(event, () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      state.filter = Object.fromEntries([...new FormData(find("filters"))].filter(([, value]) => value));
      refresh();
    }, 150);
  });
find("filters").addEventListener("submit", (event) => event.preventDefault());

document.addEventListener("pointermove", (event) => {
  const mark = event.target.closest("svg [role='graphics-symbol'][aria-label]");
  const tip = find("tip");
  tip.style.display = mark && mark.getAttribute("aria-roledescription") !== "axis" ? "block" : "none";
  if (!mark) return;
  tip.textContent = mark.getAttribute("aria-label");
  tip.style.left = `${Math.min(event.clientX + 12, innerWidth - 200)}px`;
  tip.style.top = `${event.clientY + 14}px`;
});

refresh();
