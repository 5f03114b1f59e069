import { markup } from "@odoo/owl";

import { isMarkup } from "@web/core/utils/html";

/**
 * Fewest and most digits of a number written the national way, its leading 0 included. Where
 * numbers have no such 0, only numbers written with their country are recognised.
 */
const NATIONAL_DIGITS = {
    AT: [9, 13],
    BE: [9, 10],
    CH: [10, 10],
    DE: [9, 13],
    FR: [10, 10],
    GB: [10, 11],
    IT: [9, 11],
    NL: [10, 10],
};
const INTERNATIONAL_DIGITS = [9, 15];

/** A cheap answer for the many texts without any number. */
const MAYBE = /(?:\+|\b0)[\d(][\d\s().\u00a0\u202f/-]{6,}\d/;
const NUMBER = /(?<![\w+/.,:=#-])(?:\+|00|0)[\d(][\d().\u00a0\u202f /-]{5,22}\d(?![\w+]|[.,/:-]\d)/g;
const DATE = /^\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2}(?!\d))|^\d{4}-\d{2}-\d{2}/;
/** What stands before a number that is no telephone number. */
const OTHER_KIND = /(?:\b(?:BE|TVA|BTW|VAT|BCE|KBO|IBAN|EAN|SIREN|SIRET)\b[\s:.°nro]*|[A-Z]{2}\d{2}[\d ]*|\d ?)$/i;
const UNTOUCHED = "a, button, code, pre, script, style, textarea, [contenteditable='true']";

/** The check digits of a Belgian company: 0477.472.701 looks like a mobile phone. */
function isCompanyNumber(text) {
    const match = /^(0\d{3})\.(\d{3})\.(\d{3})$/.exec(text);
    if (!match) {
        return false;
    }
    const digits = match.slice(1).join("");
    return 97 - (Number(digits.slice(0, 8)) % 97) === Number(digits.slice(8));
}

function isNumber(text, before, country) {
    if (DATE.test(text) || OTHER_KIND.test(before) || isCompanyNumber(text)) {
        return false;
    }
    const isInternational = text.startsWith("+") || text.startsWith("00");
    const limits = isInternational ? INTERNATIONAL_DIGITS : NATIONAL_DIGITS[country];
    const count = text.replace("(0)", "").replace(/\D/g, "").length - (text.startsWith("00") ? 2 : 0);
    return Boolean(limits) && count >= limits[0] && count <= limits[1];
}

/**
 * Telephone numbers in a line of text.
 *
 * @param {string} text
 * @param {string} country two letters, for numbers written the national way
 * @returns {{ index: number, number: string }[]}
 */
export function findNumbers(text, country) {
    return [...text.matchAll(NUMBER)]
        .map((match) => ({ index: match.index, number: match[0] }))
        .filter(({ index, number }) =>
            isNumber(number, text.slice(Math.max(0, index - 30), index), country)
        );
}

function replaceText(node, numbers) {
    const text = node.data;
    const fragment = document.createDocumentFragment();
    let done = 0;
    for (const { index, number } of numbers) {
        const link = document.createElement("a");
        link.className = "o_threecx_number";
        link.setAttribute("href", `tel:${number.replace(/\s+/g, "")}`);
        link.textContent = number;
        fragment.append(text.slice(done, index), link);
        done = index + number.length;
    }
    fragment.append(text.slice(done));
    node.replaceWith(fragment);
}

/**
 * Turns the telephone numbers in what is shown already into `tel:` links.
 *
 * @param {Node} root its document may be another one, that of a frame
 * @param {string} country two letters
 * @returns {boolean} whether there were any
 */
export function linkNumbersIn(root, country) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const node = walker.currentNode;
        const numbers = findNumbers(node.data, country);
        if (numbers.length && !node.parentElement?.closest(UNTOUCHED)) {
            found.push([node, numbers]);
        }
    }
    found.forEach(([node, numbers]) => replaceText(node, numbers));
    return found.length > 0;
}

/**
 * The same content, with its telephone numbers as `tel:` links.
 *
 * @param {string | ReturnType<markup>} content plain text is returned as it is
 * @param {string} country two letters
 */
export function linkNumbers(content, country) {
    if (!content || !isMarkup(content) || !MAYBE.test(content)) {
        return content;
    }
    // inert: nothing in a template is loaded or run
    const template = document.createElement("template");
    template.innerHTML = content;
    return linkNumbersIn(template.content, country) ? markup(template.innerHTML) : content;
}
