// Words of the field are explained where they stand: a dotted line, and docs/glossary.md's meaning when pointed at.

/// How a word is written on the page, and under which heading the glossary has it.
const explainedWords = [
  [/S\(i,k\)/, "S(i,k)"],
  [/\b(?:dispatch|combine)\b/i, "dispatch, combine"],
  [/\bskew\b/i, "skew"],
  [/\b(?:algbw|busbw|(?:algorithm|bus) bandwidth)\b/i, "algbw, busbw"],
  [/\bbound\b/i, "lower bound"],
  [/\bscale-up\b/i, "scale-up, domain"],
  [/\bscale-out\b/i, "scale-out"],
  [/\brelay(?:s|ed)?\b/i, "relay"],
  [/\b(?:proxy|proxies)\b/i, "proxy"],
  [/\bSMs?\b/i, "SM"],
];
const anyWord = new RegExp(explainedWords.map(([word]) => `(${word.source})`).join("|"), "gi");

/// The glossary's tables: heading to meaning, without the marks of links and code.
const meanings = new Map(glossary.split("\n").map((line) => line.match(/^\| (.+?) \| (.+) \|$/)).filter(Boolean)
  .map(([, heading, meaning]) => [heading, capital(meaning.replace(/`/g, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1"))]));

/// Wraps the first of each word in an element.
function explainIn(element) {
  const explained = new Set([...element.querySelectorAll("abbr")].map((one) => one.title));
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest("abbr")) texts.push(walker.currentNode);
  for (const text of texts) {
    const parts = [];
    let end = 0;
    for (const found of text.data.matchAll(anyWord)) {
      const meaning = meanings.get(explainedWords[found.slice(1).findIndex((group) => group !== undefined)][1]);
      if (explained.has(meaning)) continue;
      explained.add(meaning);
      parts.push(text.data.slice(end, found.index), make("abbr", { title: meaning }, found[0]));
      end = found.index + found[0].length;
    }
    if (parts.length) text.replaceWith(...parts, text.data.slice(end));
  }
}

const placesOfWords = ".note, .tile span, #facts li, #verdict, #lever, #holders .name, .cause, h2, th button, #links td:nth-child(2), .legend > span";

/// Explains what the page says now and whatever it will say.
function watchWords() {
  const observer = new MutationObserver((changes) => {
    const changed = new Set();
    for (const { target, addedNodes } of changes) {
      const around = target.closest(placesOfWords);
      if (around) changed.add(around);
      for (const node of addedNodes) {
        if (!(node instanceof HTMLElement)) continue;
        if (node.matches(placesOfWords)) changed.add(node);
        node.querySelectorAll(placesOfWords).forEach((element) => changed.add(element));
      }
    }
    changed.forEach(explainIn);
    observer.takeRecords(); // what was wrapped is no news
  });
  observer.observe(document.querySelector("main"), { childList: true, subtree: true });
  document.querySelectorAll(placesOfWords).forEach(explainIn);
}
