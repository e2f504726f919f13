"use strict";
document.addEventListener("DOMContentLoaded", async () => {
  const SAYS = document.documentElement.lang === "nl"
    ? { good: "Gecontroleerd in dit venster: niets in dit bestand is gewijzigd.", bad: "NIET IN ORDE: ", unable: "Dit venster kan niet controleren: gebruik dtv audit check-proof.",
        page: "de inhoud is gewijzigd", shape: "het bestand is gewijzigd of afgekapt", sign: "de handtekening klopt niet", record: "een gegeven staat niet in de boom", half: " De handtekening kon hier niet worden nagegaan." }
    : { good: "Verified in this window: nothing in this file was changed.", bad: "NOT IN ORDER: ", unable: "This window cannot verify: use dtv audit check-proof.",
        page: "the content was changed", shape: "the file was changed or cut off", sign: "the signature does not fit", record: "a record is not in the tree", half: " The signature could not be checked here." };
  const state = document.getElementById("state"), source = document.getElementById("page"), T = source.textContent;
  const bytes = text => new TextEncoder().encode(text);
  const raw = text => { const found = Uint8Array.from(atob(text), c => c.charCodeAt(0)); if (to64(found) !== text) throw new Error("base64"); return found; };
  const to64 = data => btoa(Array.from(data, n => String.fromCharCode(n)).join(""));
  const sha = async data => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  const joined = (...parts) => Uint8Array.from(parts.flatMap(part => [...part]));
  const faults = new Set();
  let half = false;

  const noted = text => {
    const cut = text.indexOf("\n\n"), body = text.slice(0, cut + 1), line = text.slice(cut + 2).match(/^— (\S+) (\S+)\n(?:— [^\n]*\n)*$/);
    if (cut < 0 || !line) throw new Error("note");
    return { body, lines: body.split("\n"), name: line[1], data: raw(line[2]) };
  };
  const signed = async (note, key) => {
    const [name, id, value] = [key.split("+")[0], key.split("+")[1], raw(key.split("+").slice(2).join("+"))];
    const hash = await sha(joined(bytes(name + "\n"), value));
    const hex = n => Array.from(n, x => x.toString(16).padStart(2, "0")).join("");
    if (note.name !== name || hex(hash.slice(0, 4)) !== id || hex(note.data.slice(0, 4)) !== id || value[0] !== 1) return false;
    let made;
    try { made = await crypto.subtle.importKey("raw", value.slice(1), { name: "Ed25519" }, false, ["verify"]); }
    catch { half = true; return true; }
    return crypto.subtle.verify({ name: "Ed25519" }, made, note.data.slice(4), bytes(note.body));
  };
  const included = async (leaf, index, size, path, root) => {
    if (index >= size) return false;
    let fn = index, sn = size - 1, r = leaf;
    for (const p of path) {
      if (sn === 0) return false;
      if (fn % 2 === 1 || fn === sn) {
        r = await sha(joined([1], p, r));
        if (fn % 2 === 0) while (fn !== 0 && fn % 2 === 0) { fn = Math.floor(fn / 2); sn = Math.floor(sn / 2); }
      } else r = await sha(joined([1], r, p));
      fn = Math.floor(fn / 2); sn = Math.floor(sn / 2);
    }
    return sn === 0 && to64(r) === root;
  };
  // What is around the page: every element outside it, without its text, as the browser read it.
  const shape = () => {
    const copy = document.documentElement.cloneNode(true);
    copy.querySelectorAll("noscript,style,script,#state,#shown").forEach(part => { part.textContent = ""; });
    return document.doctype.name + document.doctype.publicId + copy.outerHTML;
  };
  try {
    if (!crypto.subtle) throw new Error("no subtle");
    const seal = document.lastChild, text = seal && seal.nodeType === 8 ? seal.data.match(/^dtv-dossier (\S+)$/) : null;
    if (!text) throw new RangeError("seal");
    const note = noted(new TextDecoder("utf-8", { fatal: true }).decode(raw(text[1])));
    const read = new DOMParser().parseFromString(T, "text/html"), of = id => (read.getElementById(id) || {}).textContent || "";
    const want = Object.fromEntries(note.lines.slice(1, -1).map(line => line.split(" ")));
    if (note.lines[0] !== "dtv-workflow/dossier@v1") faults.add("sign");
    if (want.page !== to64(await sha(bytes(T)))) faults.add("page");
    if (want.state !== to64(await sha(bytes(state.textContent)))) faults.add("shape");
    if (want.style !== to64(await sha(bytes(document.querySelector("style").textContent)))) faults.add("shape");
    if (want.script !== to64(await sha(bytes(document.querySelector("script").textContent)))) faults.add("shape");
    if (want.shape !== to64(await sha(bytes(shape())))) faults.add("shape");
    if (document.childNodes.length !== 3) faults.add("shape");
    // How long the file was, where the browser says so: what it reads past without a trace shows in that.
    const length = (performance.getEntriesByType("navigation")[0] || {}).decodedBodySize || 0;
    if (length && length !== Number(want.size) + seal.data.length + 7) faults.add("shape");
    if (!await signed(note, of("key"))) faults.add("sign");
    const head = noted(of("checkpoint")), size = Number(head.lines[1]);
    if (!await signed(head, of("key"))) faults.add("sign");
    for (const each of read.querySelectorAll("code.record")) {
      const told = each.textContent, leaf = told.startsWith("sha256:") ? raw(told.slice(7)) : await sha(joined([0], raw(told)));
      const path = each.dataset.path ? each.dataset.path.split(",").map(raw) : [];
      if (!await included(leaf, Number(each.dataset.leaf), size, path, head.lines[2])) faults.add("record");
    }
  } catch (error) {
    if (error.message === "no subtle") { state.textContent = SAYS.unable; } else faults.add("shape");
  }
  document.getElementById("shown").innerHTML = T;
  if (faults.size) { state.className = "bad"; state.textContent = SAYS.bad + [...faults].map(fault => SAYS[fault]).join(", ") + "."; }
  else if (crypto.subtle) { state.className = half ? "" : "good"; state.textContent = SAYS.good + (half ? SAYS.half : ""); }
  if (location.hash) { const to = document.getElementById(location.hash.slice(1)); if (to) to.scrollIntoView(); }
});
