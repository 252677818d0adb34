"use strict";
// Charts by plotly.js; choosing, searching and the keyboard are here. Names from the
// configuration become text nodes, and are escaped where Plotly reads its own markup.

const MOST_TILES = 700; // drawn at once: how deep the treemap looks depends on it
const MOST_ROWS = 100;
const MOST_HITS = 30;
const GENERATIONS = 3;
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

// a name in lines of a tile's width, broken where people would
function wrapped(text, width, most) {
  const lines = [""];
  for (const word of text.match(/[^./_\-\s]*[./_\-\s]*/g)) {
    const line = lines[lines.length - 1];
    if (line && (line + word).trimEnd().length > width) lines.push(word);
    else lines[lines.length - 1] = line + word;
  }
  const shown = lines.slice(0, most);
  if (lines.length > most) shown[most - 1] += "\u2026";
  return shown.map(escaped).join("<br>");
}

function font(size) {
  return { family: getComputedStyle(document.body).fontFamily, size, color: color("ink") };
}

const CONFIG = { displayModeBar: false, responsive: true, displaylogo: false };

function hover() {
  return { bgcolor: color("card"), bordercolor: color("line"), font: font(13), align: "left" };
}

class Phases {
  constructor(article, data) {
    this.place = article.querySelector(".phases-chart");
    this.data = data;
  }

  draw() {
    const { phases, budget } = this.data;
    const narrow = this.place.clientWidth < 520;
    const names = phases.map(([long, short]) => (narrow ? short : long));
    const bar = (index, name, fill) => ({
      type: "bar",
      orientation: "h",
      name,
      y: names,
      x: phases.map((phase) => phase[index]),
      marker: { color: fill },
      customdata: phases.map((phase) => human(phase[index])),
      hovertemplate: "%{customdata} " + name + "<extra></extra>",
    });
    const zones = phases.some((phase) => phase[3] > 0);
    const traces = [bar(2, "master and workers", color("loads"))];
    if (zones) traces.push(bar(3, "shared zones", color("contexts")));
    const most = Math.max(...phases.map((phase) => phase[2] + phase[3]), budget || 0, 1);
    // not across the budget's line
    const beside = (size) => (size < budget && budget < size + most * (narrow ? 0.3 : 0.14) ? budget : size);
    const layout = {
      barmode: "stack",
      bargap: 0.4,
      margin: { l: 8, r: 8, t: budget ? 26 : 4, b: zones ? 28 : 4 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: font(13),
      hoverlabel: hover(),
      showlegend: zones,
      legend: { orientation: "h", x: 0, y: -0.16, traceorder: "normal" },
      dragmode: false,
      yaxis: { autorange: "reversed", automargin: true, fixedrange: true, ticks: "", ticklabelstandoff: 8 },
      xaxis: {
        range: [0, most * (narrow ? 1.3 : 1.14)],
        fixedrange: true,
        showticklabels: false,
        showgrid: false,
        zeroline: true,
        zerolinecolor: color("line"),
      },
      annotations: phases.map((phase, index) => ({
        x: beside(phase[2] + phase[3]),
        y: names[index],
        text: human(phase[2] + phase[3]),
        xanchor: "left",
        xshift: 6,
        showarrow: false,
        font: { ...font(13), color: budget && phase[2] + phase[3] > budget ? color("error") : color("ink") },
      })),
      shapes: [],
    };
    if (budget) {
      layout.shapes.push({
        type: "line", x0: budget, x1: budget, y0: 0, y1: 1, yref: "paper",
        line: { color: color("budget"), width: 1.5, dash: "dot" },
      });
      layout.annotations.push({
        x: budget, y: 1, yref: "paper", yanchor: "bottom", text: "budget " + human(budget),
        showarrow: false, xanchor: budget > most / 2 ? "right" : "left", font: font(12),
      });
    }
    return Plotly.react(this.place, traces, layout, CONFIG);
  }
}

class Explorer {
  constructor(article, nodes) {
    const find = (selector) => article.querySelector(".explorer " + selector);
    this.nodes = nodes;
    this.root = article.querySelector(".explorer");
    this.map = find(".treemap");
    this.crumbs = find(".crumbs");
    this.rows = find(".below tbody");
    this.input = find("input");
    this.hits = find(".hits");
    this.status = find("[role=status]");
    this.children = nodes.parent.map(() => []);
    nodes.parent.forEach((parent, id) => parent !== null && this.children[parent].push(id));
    this.children.forEach((ids) => ids.sort((a, b) => nodes.bytes[b] - nodes.bytes[a]));
    this.level = this.children[0].length === 1 ? this.children[0][0] : 0; // a single file
    this.chosen = null;
    this.root.hidden = false;
    this.listen();
    this.list();
  }

  place(id) {
    const line = this.nodes.line[id];
    return this.nodes.files[this.nodes.file[id]] + (line === null ? "" : ":" + line);
  }

  path(id) {
    const path = [];
    for (let here = id; here !== null; here = this.nodes.parent[here]) path.unshift(here);
    return path;
  }

  // a name where its kind is plain to see
  label(id) {
    const { kind, name } = this.nodes;
    if (kind[id] === "file") return name[id].split("/").slice(-2).join("/");
    return name[id].replace(/^(server|location) (?=.)/, "");
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

  draw() {
    const { name, bytes, contexts, loads, blocks, parent } = this.nodes;
    const ids = this.visible();
    const drawn = new Set(ids);
    const inner = new Set(ids.map((id) => parent[id]).filter((id) => drawn.has(id)));
    const fill = (id) => color(loads[id] ? "loads" : contexts[id] ? "contexts" : "plain");
    const faded = (id) => (id === this.level ? 0.9 : parent[id] === this.level ? 0.78 : 0.6);
    const trace = {
      type: "treemap",
      ids: ids.map(String),
      parents: ids.map((id) => (id === this.level ? "" : String(this.nodes.parent[id]))),
      labels: ids.map((id) => (inner.has(id) ? escaped(this.label(id)) : wrapped(this.label(id), 16, 3))),
      values: ids.map((id) => bytes[id]),
      text: ids.map((id) => human(bytes[id])),
      customdata: ids.map((id) => [
        escaped(name[id]),
        escaped(this.place(id)),
        contexts[id].toLocaleString("en"),
        loads[id].toLocaleString("en"),
        blocks[id].toLocaleString("en"),
      ]),
      branchvalues: "total",
      textinfo: "label+text",
      texttemplate: "%{label}<br>%{text}",
      hovertemplate:
        "<b>%{customdata[0]}</b><br>%{text}<br>%{customdata[2]} contexts, %{customdata[3]} CA loads, " +
        "%{customdata[4]} blocks<br>%{customdata[1]}<extra></extra>",
      textfont: { ...font(13), color: ids.map((id) => color(inner.has(id) ? "ink" : "tile-text")) },
      marker: {
        colors: ids.map((id) => (inner.has(id) ? mixed(fill(id), color("paper"), faded(id)) : fill(id))),
        line: { color: color("paper"), width: 1 },
        pad: { t: 22, l: 4, r: 4, b: 4 },
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
      trace.text.push(human(trace.values[ids.length]));
      const sum = (column) => rest.reduce((total, id) => total + column[id], 0).toLocaleString("en");
      trace.customdata.push([trace.labels[ids.length], "", sum(contexts), sum(loads), sum(blocks)]);
      trace.textfont.color.push(color("ink"));
      trace.marker.colors.push(mixed(color("plain"), color("paper"), 0.5));
    }
    const layout = {
      margin: { l: 0, r: 0, t: 0, b: 0 },
      paper_bgcolor: "rgba(0,0,0,0)",
      uniformtext: { minsize: 9, mode: "hide" },
      hoverlabel: hover(),
    };
    return Plotly.react(this.map, [trace], layout, CONFIG).then(() => {
      if (!this.bound) this.map.on("plotly_treemapclick", (event) => this.clicked(event));
      this.bound = true;
      this.mark();
    });
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
    else this.zoom(this.nodes.parent[id], id);
  }

  out() {
    if (this.nodes.parent[this.level] !== null) this.zoom(this.nodes.parent[this.level], this.level);
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
      this.nodes.name[level] + ": " + human(this.nodes.bytes[level]) + ", " + this.children[level].length + " in it";
  }

  choose(step) {
    const ids = this.children[this.level];
    if (!ids.length) return;
    const here = this.chosen === null ? -1 : ids.indexOf(this.chosen);
    const next = step === 0 ? 0 : here + step;
    this.chosen = ids[Math.max(0, Math.min(ids.length - 1, here < 0 ? 0 : next))];
    this.mark();
    this.status.textContent = this.nodes.name[this.chosen] + ", " + human(this.nodes.bytes[this.chosen]);
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
    const { name, bytes, contexts, loads } = this.nodes;
    const path = this.path(this.level);
    const shown = path.length > 8 ? [...path.slice(0, 3), ...path.slice(-4)] : path; // may be very deep
    this.crumbs.replaceChildren(
      ...shown.map((id) => {
        const button = element("button", { type: "button", textContent: name[id], onclick: () => this.zoom(id) });
        if (id === this.level) button.setAttribute("aria-current", "location");
        return button;
      }),
    );
    const ids = this.children[this.level];
    const rows = ids.slice(0, MOST_ROWS).map((id) => {
      const text = this.nodes.kind[id] === "file" ? this.label(id) : name[id];
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

  search() {
    const wanted = this.input.value.trim().toLowerCase();
    if (!wanted) {
      this.hits.hidden = true;
      this.hits.replaceChildren();
      return;
    }
    const found = [];
    let count = 0;
    const order = this.order || (this.order = this.nodes.bytes.map((_, id) => id).sort((a, b) => this.nodes.bytes[b] - this.nodes.bytes[a]));
    for (const id of order) {
      if (id === 0 || !this.nodes.name[id].toLowerCase().includes(wanted)) continue;
      count += 1;
      if (found.length < MOST_HITS) found.push(id);
    }
    const summary = count.toLocaleString("en") + (count === 1 ? " match" : " matches") + (count > found.length ? ", the costliest " + found.length + " shown" : "");
    this.status.textContent = summary;
    this.hits.replaceChildren(
      element("small", { textContent: summary }),
      ...found.map((id) => {
        const about = [human(this.nodes.bytes[id]), ...this.path(id).slice(1, -1).slice(0, 3).map((outer) => this.nodes.name[outer])];
        const button = element("button", { type: "button" }, element("strong", { textContent: this.nodes.name[id] }), element("small", { textContent: about.join(" \u00b7 ") }));
        button.onclick = () => this.found(id);
        return button;
      }),
    );
    this.hits.hidden = false;
  }

  found(id) {
    this.input.value = "";
    this.search();
    this.open(id);
    this.map.focus();
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

async function start() {
  const parts = [];
  for (const article of document.querySelectorAll("article")) {
    const data = JSON.parse(article.querySelector("script.data").textContent);
    parts.push(new Phases(article, data));
    if (data.nodes.bytes.length && article.querySelector(".explorer")) {
      parts.push(new Explorer(article, data.nodes));
    }
  }
  const script = document.createElement("script");
  script.textContent = await inflated(document.getElementById("plotly").textContent);
  document.head.append(script);
  const draw = () => Promise.all(parts.map((part) => part.draw()));
  await draw();
  for (const query of ["(prefers-color-scheme: dark)", "(max-width: 40rem)"]) {
    matchMedia(query).addEventListener("change", draw);
  }
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  // an old browser: the tables say the same
  document.documentElement.classList.add("no-charts");
  throw error;
});
