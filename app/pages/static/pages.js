// What makes the pages better where scripts run: suggestions while typing, copying, examples that run.

const root = document.body.dataset.root;
const PAUSE = 120; // milliseconds without a key before the server is asked
const LONGEST = 20_000; // characters of an answer that are shown

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// The combobox of https://www.w3.org/WAI/ARIA/apg/patterns/combobox/, a list that does not change the text

class Combobox {
  constructor(input) {
    this.input = input;
    this.list = element("ul", { id: `${input.id}-options`, className: "options", role: "listbox", hidden: true });
    this.list.setAttribute("aria-label", "Organisations");
    this.said = element("div", { className: "hidden", role: "status" });
    input.after(this.list, this.said);
    const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
    this.results = [];
    this.active = -1;
    input.addEventListener("input", () => this.ask());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the box
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("li")?.dataset.at));
    input.form.addEventListener("submit", () => this.close());
  }

  ask() {
    clearTimeout(this.timer);
    this.request?.abort();
    const text = this.input.value.trim();
    if (!text) {
      this.close();
      return;
    }
    this.timer = setTimeout(() => this.fetch(text), PAUSE);
  }

  async fetch(text) {
    this.request = new AbortController();
    const asked = new URLSearchParams({ q: text, count: "8" });
    for (const [name, value] of new FormData(this.input.form)) if (name !== "q" && value) asked.append(name, value);
    try {
      const answer = await fetch(`${root}/lookup?${asked}`, { signal: this.request.signal });
      if (!answer.ok) throw new Error(`The server answered ${answer.status}`);
      const found = await answer.json();
      if (this.input.value.trim() === text && document.activeElement === this.input) this.show(found.results);
    } catch (error) {
      if (error.name !== "AbortError") this.close(); // the form still searches
    }
  }

  show(results) {
    this.results = results;
    this.active = -1;
    this.list.replaceChildren(...results.map((result, at) => this.option(result, at)));
    this.list.hidden = !results.length;
    this.input.setAttribute("aria-expanded", String(results.length > 0));
    this.input.removeAttribute("aria-activedescendant");
    const number = results.length === 1 ? "1 suggestion" : `${results.length || "No"} suggestions`;
    this.said.textContent = results.length ? `${number}, use the up and down arrows` : number;
  }

  option(result, at) {
    const option = element("li", { id: `${this.list.id}-${at}`, role: "option" });
    option.dataset.at = at;
    option.setAttribute("aria-selected", "false");
    const postcode = result.address?.postcode?.replaceAll(" ", "\u00a0");
    const where = [result.address?.town, postcode].filter(Boolean).join(", ");
    const parent = result.parent?.name || result.parent?.code || "";
    const facts = [result.primaryRole?.name, where, parent].filter(Boolean).join(" · ");
    option.append(element("b", { textContent: result.name }));
    option.append(element("span", { className: "code", textContent: result.code }));
    option.append(element("span", { textContent: ` ${facts}` }));
    if (result.status !== "active") option.append(" ", element("span", { className: "tag closed", textContent: "Closed" }));
    return option;
  }

  key(event) {
    if (event.isComposing) return; // Enter then ends a character
    const last = this.results.length - 1;
    if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) {
        this.ask();
        return;
      }
      // From the box down to the first, from the last down to the box, and the other way round.
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = this.active + step;
      this.activate(next > last ? -1 : next < -1 ? last : next);
    } else if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.choose(this.active);
    }
  }

  activate(at) {
    this.active = at;
    for (const option of this.list.children) option.setAttribute("aria-selected", String(Number(option.dataset.at) === at));
    const chosen = this.list.children[at];
    if (chosen) {
      this.input.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  choose(at) {
    const result = this.results[at];
    if (result) location.assign(`${root}/organisations/${encodeURIComponent(result.code)}`);
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.list.hidden = true;
    this.active = -1;
    this.said.textContent = "";
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

for (const input of document.querySelectorAll("input[data-lookup]")) new Combobox(input);

// Buttons that copy: <span data-copy="text" data-what="the code"> gets one

const copied = element("div", { className: "hidden", role: "status" });
document.body.append(copied);

function copyButton(text, what) {
  const button = element("button", { type: "button", className: "plain tiny", textContent: "Copy" });
  button.append(element("span", { className: "hidden", textContent: ` ${what}` }));
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.firstChild.data = "Copied";
      copied.textContent = `Copied ${what}`;
    } catch {
      button.firstChild.data = "Not copied";
      copied.textContent = `The browser did not allow copying ${what}`;
    }
    setTimeout(() => {
      button.firstChild.data = "Copy";
      copied.textContent = "";
    }, 2000);
  });
  return button;
}

if (navigator.clipboard) {
  for (const place of document.querySelectorAll("[data-copy]")) place.append(copyButton(place.dataset.copy, place.dataset.what));
}

// Examples: <div data-run="/path"> gets a button that sends the request and shows the answer

function pretty(text, type) {
  if (!/json/.test(type)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

for (const place of document.querySelectorAll("[data-run]")) {
  const button = element("button", { type: "button", className: "tiny", textContent: "Run" });
  button.append(element("span", { className: "hidden", textContent: ` ${place.dataset.what}` }));
  const said = element("p", { className: "said", role: "status" });
  const shown = element("pre", { tabIndex: 0, hidden: true });
  shown.setAttribute("aria-label", `Answer to ${place.dataset.what}`);
  shown.setAttribute("role", "region");
  place.querySelector(".row").prepend(button);
  place.append(said, shown);
  button.addEventListener("click", async () => {
    said.textContent = "Asking…";
    const began = performance.now();
    try {
      const answer = await fetch(place.dataset.run, { headers: { Accept: place.dataset.accept } });
      const text = pretty(await answer.text(), answer.headers.get("Content-Type") || "");
      said.textContent = `${answer.status} ${answer.statusText}, ${Math.round(performance.now() - began)} ms`;
      shown.textContent = text.length > LONGEST ? `${text.slice(0, LONGEST)}\n… (shortened)` : text;
      shown.hidden = false;
    } catch {
      said.textContent = "The server did not answer.";
    }
  });
}

// A pasted column of codes is sent as a list with commas: that fits into an address

for (const form of document.querySelectorAll("form[data-codes]")) {
  form.addEventListener("submit", () => {
    const codes = form.elements.code;
    codes.value = codes.value.split(/[\s,;]+/).filter(Boolean).join(",");
  });
}
