// « quotes » of a French text have a space inside, what a canned answer could not fill in has none
const MISSING = /«[^\s«»][^«»]*»/g;

function parseBody(html) {
    return new DOMParser().parseFromString(html || "", "text/html").body;
}

/** The words of an HTML text, lines apart; what a channel without HTML would send. */
export function htmlToText(html) {
    const body = parseBody(html);
    for (const br of body.querySelectorAll("br")) {
        br.replaceWith("\n");
    }
    for (const block of body.querySelectorAll("p,div,li,tr,blockquote,h1,h2,h3,h4,h5,h6")) {
        block.append("\n");
    }
    return body.textContent
        .replace(/\u00a0/g, " ")
        .replace(/[\u200b\ufeff]/g, "")
        .replace(/\n{3,}/g, "\n\n")
        .trim();
}

export function isHtmlBlank(html) {
    return !htmlToText(html) && !parseBody(html).querySelector("img");
}

/** The variables of a canned answer that nobody filled in, each once. */
export function missingVariables(html) {
    return [...new Set(htmlToText(html).match(MISSING) || [])];
}

/** Those who are named with @ in a note. */
export function mentionedPartners(html) {
    const links = parseBody(html).querySelectorAll("a[data-oe-model='res.partner'][data-oe-id]");
    return [...new Set([...links].map((link) => Number(link.dataset.oeId)))].filter(Boolean);
}

/** Text → HTML with its lines. */
export function textToHtml(text) {
    const node = document.createElement("div");
    return text
        .split("\n")
        .map((line) => {
            node.textContent = line;
            return `<p>${node.innerHTML || "<br>"}</p>`;
        })
        .join("");
}

const ATTACHMENT_WORDS =
    /\b(ci-joint|pi[eè]ces?[ -]jointes?|en annexe|en pi[eè]ce jointe|attach(ed|ment)s?|enclosed|bijlagen?|bijgevoegd|in bijlage)\b/i;

/** It speaks of a file: where there is none, it was forgotten. */
export function speaksOfAttachment(html) {
    return ATTACHMENT_WORDS.test(htmlToText(html));
}
