/** What opens a list while one writes: `::` canned answers, `@` colleagues. */
const TRIGGERS = [
    { name: "canned", pattern: /(?:^|[\s\u00a0\ufeff(])(::([\p{L}\p{N}_.-]*))$/u },
    { name: "mention", pattern: /(?:^|[\s\u00a0\ufeff(])(@([\p{L}\p{N}_.-]*))$/u },
];

/**
 * @param {string} before what stands before the cursor
 * @returns {{ name: "canned"|"mention", term: string, length: number }|null}
 */
export function findTrigger(before) {
    for (const { name, pattern } of TRIGGERS) {
        const match = pattern.exec(before);
        if (match) {
            return { name, term: match[2], length: match[1].length };
        }
    }
    return null;
}
