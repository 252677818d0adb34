"use strict";
// The treemap is drawn by plotly.js; choosing, searching and the keyboard are here. Names from the
// configuration become text nodes, and are escaped where Plotly reads its own markup.

const MOST_TILES = 700; // drawn at once: how deep the treemap looks depends on it
const MOST_ROWS = 100;
const MOST_HITS = 30;
const GENERATIONS = 3;
const [TEXT, LETTER, LINE] = [12, 6.7, 15.6]; // the size of labels, a letter's width, a line's height
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

function human(bytes) {
  let unit = 0;
  let size = bytes;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return (unit ? size.toFixed(1) : size) + " " + UNITS[unit];
}

function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function element(name, options, ...children) {
  const made = document.createElement(name);
  Object.assign(made, options);
  made.append(...children);
  return made;
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

// a colour between two of the page's, which are #rgb or #rrggbb
function mixed(one, other, part) {
  const channels = (text) => {
    const digits = text.length === 4 ? text.replace(/[^#]/g, "$&$&") : text;
    return [1, 3, 5].map((at) => parseInt(digits.slice(at, at + 2), 16));
  };
  const [from, to] = [channels(one), channels(other)];
  return "rgb(" + from.map((channel, at) => Math.round(channel + (to[at] - channel) * part)).join(",") + ")";
}

// a name in lines of a tile's width, broken where people would, cut where it must be
function wrapped(text, width, most) {
  const lines = [""];
  for (const word of text.match(/[^./_\-\s]*[./_\-\s]*/g)) {
    const line = lines[lines.length - 1];
    if (line && (line + word).trimEnd().length > width) lines.push(word);
    else lines[lines.length - 1] = line + word;
  }
  const shown = lines.slice(0, most).map((line) => cut(line.trimEnd(), width));
  if (lines.length > most) shown[most - 1] = cut(shown[most - 1] + "\u2026", width);
  return shown.map(escaped);
}

function cut(text, width) {
  return text.length > width ? text.slice(0, width - 1) + "\u2026" : text;
}

function font(size) {
  return { family: getComputedStyle(document.body).fontFamily, size, color: color("ink") };
}

const CONFIG = { displayModeBar: false, responsive: true, displaylogo: false };

function hover() {
  return { bgcolor: color("card"), bordercolor: color("line"), font: font(13), align: "left" };
}

class Explorer {
  constructor(article, trees) {
    const find = (selector) => article.querySelector(".explorer " + selector);
    this.trees = trees;
    this.article = article;
    this.root = article.querySelector(".explorer");
    this.map = find(".treemap");
    this.crumbs = find(".crumbs");
    this.rows = find(".below tbody");
    this.input = find("input");
    this.hits = find(".hits");
    this.status = find("[role=status]");
    this.modes = find(".modes");
    this.modes.append(
      ...trees.map((tree, number) => {
        const button = element("button", { type: "button", textContent: "by " + tree.by });
        button.setAttribute("role", "radio");
        button.onclick = () => this.use(number, true);
        return button;
      }),
    );
    this.root.hidden = false;
    this.use(0);
    this.listen();
  }

  // read it by file, by server or by cause
  use(number, isAsked = false) {
    const { by, nodes } = this.trees[number];
    this.nodes = nodes;
    this.children = nodes.parent.map(() => []);
    this.up = [...nodes.parent];
    this.titles = [...nodes.name];
    this.ends = nodes.parent.map((_, id) => id); // the innermost of those that are one level
    this.stands = nodes.parent.map((_, id) => id); // the outermost of them
    nodes.parent.forEach((parent, id) => parent !== null && this.children[parent].push(id));
    nodes.parent.forEach((_, id) => this.stands[id] === id && this.collapse(id));
    this.children.forEach((ids) => ids.sort((a, b) => nodes.bytes[b] - nodes.bytes[a]));
    this.level = 0;
    this.chosen = null;
    this.order = null;
    [...this.modes.children].forEach((button, place) => button.setAttribute("aria-checked", String(place === number)));
    this.root.querySelector(".for-cause").hidden = by !== "cause";
    this.root.querySelector(".for-blocks").hidden = by === "cause";
    this.search(false);
    this.list();
    if (isAsked) this.draw();
  }

  // what has a single thing in it is one level with that
  collapse(id) {
    let end = id;
    while (this.children[end].length === 1) {
      [end] = this.children[end];
      this.stands[end] = id;
    }
    if (end === id) return;
    this.children[id] = this.children[end];
    for (const child of this.children[id]) this.up[child] = id;
    this.ends[id] = end;
    if (id !== 0) this.titles[id] += " \u203a " + this.nodes.name[end];
  }

  place(id) {
    const end = this.ends[id];
    const line = this.nodes.line[end];
    return this.nodes.files[this.nodes.file[end]] + (line === null ? "" : ":" + line);
  }

  path(id) {
    const path = [];
    for (let here = id; here !== null; here = this.up[here]) path.unshift(here);
    return path;
  }

  // a name where its kind is plain to see
  label(id) {
    const { kind, name } = this.nodes;
    const short = (one) =>
      kind[one] === "file" ? name[one].split("/").slice(-2).join("/") : name[one].replace(/^(server|location) (?=.)/, "");
    const end = this.ends[id];
    return end === id || id === 0 ? short(id) : short(id) + " \u203a " + short(end);
  }

  // the nodes to draw below the level: as many whole generations as are few enough to see
  visible() {
    const drawn = [this.level];
    let generation = [this.level];
    for (let depth = 1; generation.length; depth += 1) {
      generation = generation.flatMap((id) => this.children[id]);
      if (depth === 1) generation = generation.slice(0, MOST_TILES);
      else if (drawn.length + generation.length > MOST_TILES) break;
      drawn.push(...generation);
      if (depth === GENERATIONS) break;
    }
    return drawn;
  }

  // what a search leaves in its colours: matches, what they are in, and what is in them
  lit(id) {
    if (!this.matches) return true;
    if (this.matches.has(id)) return true;
    for (let here = this.up[id]; here !== null; here = this.up[here]) if (this.matched.has(here)) return true;
    return false;
  }

  draw() {
    const { bytes, contexts, loads, blocks } = this.nodes;
    const ids = this.visible();
    const drawn = new Set(ids);
    const inner = new Set(ids.map((id) => this.up[id]).filter((id) => drawn.has(id)));
    const fill = (id) => color(loads[id] ? "loads" : contexts[id] ? "contexts" : "plain");
    const faded = (id) => (id === this.level ? 0.9 : this.up[id] === this.level ? 0.78 : 0.6);
    const shade = (id) => (this.lit(id) ? (inner.has(id) ? faded(id) : 0) : inner.has(id) ? 0.95 : 0.82);
    const ink = (id) => color(!this.lit(id) ? "soft" : inner.has(id) ? "ink" : "tile-text");
    const trace = {
      type: "treemap",
      ids: ids.map(String),
      parents: ids.map((id) => (id === this.level ? "" : String(this.up[id]))),
      labels: ids.map((id) => escaped(this.label(id))),
      values: ids.map((id) => bytes[id]),
      text: ids.map(() => ""),
      customdata: ids.map((id) => [
        escaped(this.titles[id]),
        escaped(this.place(id)),
        contexts[id].toLocaleString("en"),
        loads[id].toLocaleString("en"),
        blocks[id].toLocaleString("en"),
        human(bytes[id]),
      ]),
      branchvalues: "total",
      textinfo: "text",
      texttemplate: "%{text}",
      hovertemplate:
        "<b>%{customdata[0]}</b><br>%{customdata[5]}<br>%{customdata[2]} contexts, %{customdata[3]} CA loads, " +
        "%{customdata[4]} blocks<br>%{customdata[1]}<extra></extra>",
      textfont: { ...font(TEXT), color: ids.map(ink) },
      marker: {
        colors: ids.map((id) => mixed(fill(id), color("paper"), shade(id))),
        line: { color: color("paper"), width: 1 },
        pad: { t: 20, l: 3, r: 3, b: 3 },
        cornerradius: 3,
        depthfade: false,
      },
      pathbar: { visible: false },
      tiling: { packing: "squarify", pad: 2 },
    };
    const rest = this.children[this.level].slice(MOST_TILES);
    if (rest.length) {
      trace.ids.push("rest");
      trace.parents.push(String(this.level));
      trace.labels.push(rest.length.toLocaleString("en") + " more");
      trace.values.push(rest.reduce((sum, id) => sum + bytes[id], 0));
      trace.text.push("");
      const sum = (column) => rest.reduce((total, id) => total + column[id], 0).toLocaleString("en");
      const size = human(trace.values[ids.length]);
      trace.customdata.push([trace.labels[ids.length], "", sum(contexts), sum(loads), sum(blocks), size]);
      trace.textfont.color.push(color("ink"));
      trace.marker.colors.push(mixed(color("plain"), color("paper"), 0.5));
    }
    const layout = {
      margin: { l: 0, r: 0, t: 0, b: 0 },
      paper_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: hover(),
    };
    return Plotly.react(this.map, [trace], layout, CONFIG).then(() => {
      if (!this.bound) this.map.on("plotly_treemapclick", (event) => this.clicked(event));
      this.bound = true;
      this.drawn = this.map.clientWidth;
      return this.write(trace, inner);
    });
  }

  // labels that fit their boxes: none where there is no room for three letters
  write(trace, inner) {
    const room = new Map();
    for (const slice of this.map.querySelectorAll("g.slice")) {
      const box = slice.querySelector("path.surface").getBBox();
      room.set(slice.__data__.data.data.id, box);
    }
    const text = trace.ids.map((key, place) => {
      const box = room.get(key);
      const label = key === "rest" ? trace.labels[place] : this.label(Number(key));
      return box ? this.fitted(label, trace.customdata[place][5], box, inner.has(Number(key))) : "";
    });
    return Plotly.restyle(this.map, { text: [text] }).then(() => this.mark());
  }

  fitted(label, size, box, isAround) {
    const width = Math.floor((box.width - 8) / LETTER);
    const most = isAround ? 1 : Math.floor((box.height - 4) / LINE);
    if (width < 3 || most < 1) return "";
    if (isAround || most === 1) {
      const both = label + "  " + size;
      return escaped(both.length <= width ? both : cut(label, width));
    }
    const lines = wrapped(label, width, Math.min(3, most - 1));
    return (size.length <= width ? [...lines, size] : lines).join("<br>");
  }

  clicked(event) {
    const id = Number(event.points[0].id);
    if (Number.isNaN(id)) return false; // the rest
    // not inside Plotly's own event handling, which goes on to use what would be redrawn
    setTimeout(() => {
      if (id === this.level) this.out();
      else this.open(id);
    });
    return false; // Plotly's own zoom
  }

  // zoom into a node; one with nothing below it is chosen where it is
  open(id) {
    if (this.children[id].length) this.zoom(id);
    else this.zoom(this.up[id] === null ? id : this.up[id], id);
  }

  out() {
    if (this.up[this.level] !== null) this.zoom(this.up[this.level], this.level);
  }

  zoom(level, chosen = null) {
    const changed = level !== this.level;
    this.level = level;
    this.chosen = chosen;
    if (changed) {
      this.list();
      this.draw();
    }
    this.mark();
    this.status.textContent =
      this.titles[level] + ": " + human(this.nodes.bytes[level]) + ", " + this.children[level].length + " in it";
  }

  choose(step) {
    const ids = this.children[this.level];
    if (!ids.length) return;
    const here = this.chosen === null ? -1 : ids.indexOf(this.chosen);
    const next = step === 0 ? 0 : here + step;
    this.chosen = ids[Math.max(0, Math.min(ids.length - 1, here < 0 ? 0 : next))];
    this.mark();
    this.status.textContent = this.titles[this.chosen] + ", " + human(this.nodes.bytes[this.chosen]);
  }

  mark() {
    for (const slice of this.map.querySelectorAll("g.slice")) {
      const data = slice.__data__ && slice.__data__.data;
      const mine = data && data.data && Number(data.data.id) === this.chosen && this.chosen !== null;
      slice.classList.toggle("chosen", Boolean(mine));
    }
    for (const row of this.rows.children) {
      row.classList.toggle("chosen", this.chosen !== null && row.dataset.id === String(this.chosen));
    }
  }

  list() {
    const { bytes, contexts, loads } = this.nodes;
    const path = this.path(this.level);
    const shown = path.length > 8 ? [...path.slice(0, 3), ...path.slice(-4)] : path; // may be very deep
    this.crumbs.replaceChildren(
      ...shown.map((id) => {
        const button = element("button", { type: "button", textContent: this.titles[id], onclick: () => this.zoom(id) });
        if (id === this.level) button.setAttribute("aria-current", "location");
        return button;
      }),
    );
    const ids = this.children[this.level];
    const rows = ids.slice(0, MOST_ROWS).map((id) => {
      const text = this.nodes.kind[id] === "file" ? this.label(id) : this.titles[id];
      const button = { type: "button", textContent: text, onclick: () => this.zoomFromRow(id) };
      const head = element("th", { scope: "row" }, this.children[id].length ? element("button", button) : text);
      const share = bytes[this.level] ? (100 * bytes[id]) / bytes[this.level] : 0;
      const row = element(
        "tr",
        {},
        head,
        ...[human(bytes[id]), share.toFixed(1) + " %", contexts[id].toLocaleString("en"), loads[id].toLocaleString("en")].map(
          (text) => element("td", { className: "number", textContent: text }),
        ),
        element("td", {}, element("span", { className: "place", textContent: this.place(id) })),
      );
      row.dataset.id = id;
      return row;
    });
    if (ids.length > MOST_ROWS) {
      const rest = ids.slice(MOST_ROWS).reduce((sum, id) => sum + bytes[id], 0);
      const cell = element("td", { colSpan: 6, className: "rest" });
      cell.textContent = (ids.length - MOST_ROWS).toLocaleString("en") + " more: " + human(rest);
      rows.push(element("tr", {}, cell));
    }
    this.rows.replaceChildren(...rows);
  }

  zoomFromRow(id) {
    this.zoom(id);
    const first = this.rows.querySelector("button") || this.crumbs.querySelector("[aria-current]");
    first.focus();
  }

  search(isTyped = true) {
    const wanted = this.input.value.trim().toLowerCase();
    const wasLit = this.matches;
    this.matches = null;
    if (!wanted) {
      this.hits.hidden = true;
      this.hits.replaceChildren();
      if (isTyped && wasLit) this.later();
      return;
    }
    const { bytes, name } = this.nodes;
    const found = [];
    this.matched = new Set();
    this.matches = new Set();
    const order = this.order || (this.order = bytes.map((_, id) => id).sort((a, b) => bytes[b] - bytes[a]));
    for (const inside of order) {
      const id = this.stands[inside];
      if (inside === 0 || this.matched.has(id) || !name[inside].toLowerCase().includes(wanted)) continue;
      this.matched.add(id);
      if (found.length < MOST_HITS) found.push(id);
      for (let here = id; here !== null && !this.matches.has(here); here = this.up[here]) this.matches.add(here);
    }
    const count = this.matched.size;
    const summary = count.toLocaleString("en") + (count === 1 ? " match" : " matches") + (count > found.length ? ", the costliest " + found.length + " shown" : "");
    this.status.textContent = summary;
    this.hits.replaceChildren(
      element("small", { textContent: summary }),
      ...found.map((id) => {
        const about = [human(bytes[id]), ...this.path(id).slice(1, -1).slice(0, 3).map((outer) => this.titles[outer])];
        const button = element("button", { type: "button" }, element("strong", { textContent: this.titles[id] }), element("small", { textContent: about.join(" \u00b7 ") }));
        button.onclick = () => this.found(id);
        return button;
      }),
    );
    this.hits.hidden = false;
    if (isTyped) this.later();
  }

  // drawn anew when nobody types any more
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.draw(), 150);
  }

  found(id) {
    this.input.value = "";
    this.search();
    this.open(id);
    this.map.focus({ preventScroll: true });
  }

  listen() {
    this.input.addEventListener("input", () => this.search());
    this.input.addEventListener("keydown", (event) => {
      const first = this.hits.querySelector("button");
      if (event.key === "Escape") {
        this.input.value = "";
        this.search();
      } else if (event.key === "Enter" && first) {
        first.click();
      } else if (event.key === "ArrowDown" && first) {
        first.focus();
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    });
    const keys = {
      ArrowRight: () => this.choose(1),
      ArrowDown: () => this.choose(1),
      ArrowLeft: () => this.choose(-1),
      ArrowUp: () => this.choose(-1),
      Home: () => this.choose(0),
      Enter: () => this.chosen !== null && this.open(this.chosen),
    };
    this.map.addEventListener("keydown", (event) => this.act(event, keys));
    this.hits.addEventListener("keydown", (event) =>
      this.act(event, { ArrowDown: () => this.walk(1), ArrowUp: () => this.walk(-1), Escape: () => this.input.focus() }),
    );
    const back = () => {
      this.out();
      if (!this.root.contains(document.activeElement)) this.map.focus();
    };
    this.root.addEventListener("keydown", (event) =>
      this.act(event, event.target === this.input ? {} : { Escape: back, Backspace: back, "/": () => this.input.focus() }),
    );
  }

  act(event, keys) {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  walk(step) {
    const buttons = [...this.hits.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    (next || this.input).focus();
  }
}

async function inflated(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

// configurations that are folded are drawn when they are opened
function draws(articles) {
  const explorers = new Map();
  const draw = (article) => {
    if (!article.open) return null;
    if (!explorers.has(article)) {
      const { trees } = JSON.parse(article.querySelector("script.data").textContent);
      const has = trees.length && article.querySelector(".explorer");
      explorers.set(article, has ? new Explorer(article, trees) : null);
    }
    const explorer = explorers.get(article);
    return explorer && explorer.map.clientWidth ? explorer.draw() : null;
  };
  const all = () => Promise.all(articles.map(draw));
  articles.forEach((article) => article.addEventListener("toggle", () => draw(article)));
  return all;
}

function copies() {
  for (const button of document.querySelectorAll("button.copy")) {
    const words = button.textContent;
    button.hidden = false;
    button.onclick = async () => {
      const done = await copied(button.dataset.text, button);
      button.textContent = done ? "copied" : "press Ctrl+C";
      setTimeout(() => (button.textContent = words), 2000);
    };
  }
}

// by the clipboard, or as older browsers do it; what is neither, is selected
async function copied(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element("textarea", { value: text, className: "sr" });
    button.after(area);
    area.select();
    const done = document.execCommand("copy");
    if (done) area.remove();
    return done;
  }
}

// a link to an explanation or a configuration opens it
function opens() {
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest("details");
    if (!folded) return;
    folded.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  for (const link of document.querySelectorAll('a[href^="#"]')) link.addEventListener("click", () => setTimeout(open));
  open();
}

// on paper nothing can be opened
function prints() {
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details.config:not([open])")];
    folded.forEach((one) => (one.open = true));
  });
  addEventListener("afterprint", () => folded.forEach((one) => (one.open = false)));
}

async function start() {
  copies();
  opens();
  prints();
  const script = document.createElement("script");
  script.textContent = await inflated(document.getElementById("plotly").textContent);
  document.head.append(script);
  const draw = draws([...document.querySelectorAll("details.config")]);
  await draw();
  for (const query of ["(prefers-color-scheme: dark)", "(max-width: 40rem)"]) {
    matchMedia(query).addEventListener("change", draw);
  }
  let timer = null;
  addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(draw, 200);
  });
  performance.mark("drawn");
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  // an old browser: the tables say the same
  document.documentElement.classList.add("no-charts");
  throw error;
});
