const ADDRESS = /^[^\s@<>()[\],;:"]+@[^\s@<>()[\],;:"]+\.[^\s@<>()[\],;:".]{2,}$/;
/** What a system calls somebody; no person would. */
const CODE = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const NAMED = /^\s*"?([^"<]*?)"?\s*<([^<>\s]+)>\s*$/;

/** @typedef {{ email: string, name: string }} Recipient */

export function isAddress(text) {
    return ADDRESS.test(text);
}

/** Whether a text says something to people: a name or an address, and not a number of a system. */
export function isReadable(text) {
    return Boolean(text) && !CODE.test(text);
}

/** One address as people write it: `a@b.be` or `Anne <a@b.be>`. */
function parseOne(text) {
    const named = NAMED.exec(text);
    const email = (named ? named[2] : text).trim();
    return { email, name: named ? named[1].trim() : "" };
}

/**
 * What somebody typed or pasted, address by address. Commas inside quotes part nothing.
 *
 * @returns {Recipient[]} the wrong ones too: they are shown as wrong
 */
export function parseAddresses(text) {
    return (text.match(/(?:"[^"]*"|[^,;\n"])+/g) || []).filter((part) => part.trim()).map(parseOne);
}

/** Without those that are there already, by address. */
export function addAddresses(known, added) {
    const result = [...known];
    for (const recipient of added) {
        const email = recipient.email.toLowerCase();
        if (email && !result.some((one) => one.email.toLowerCase() === email)) {
            result.push({ email: recipient.email, name: recipient.name || "" });
        }
    }
    return result;
}
