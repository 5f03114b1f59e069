/**
 * What the mapping editor shows, computed from what it edits. No component in here.
 *
 * A rule is what the server sends for one canonical field; a row of the screen shows a rule, a
 * column that nothing reads, or a mandatory field that nothing feeds.
 */

/**
 * Fold a column's name as the server does, as far as finding it again goes.
 *
 * @param {string} name
 * @returns {string}
 */
export function foldColumn(name) {
    const folded = name
        .replaceAll("\ufeff", "")
        .replaceAll("°", "o")
        .replace(/œ/gi, "oe")
        .replaceAll("%", " pct ")
        .normalize("NFKD")
        .replace(/\p{Mn}/gu, "")
        .toLowerCase()
        .split(/[^\p{L}\p{N}]+/u)
        .filter(Boolean)
        .map((word) => (word === "n" ? "no" : word))
        .join(" ");
    return name.includes("@") ? `@${folded}` : folded;
}

/**
 * @param {Object} rule
 * @returns {string[]} the columns it reads
 */
export function sourcesOf(rule) {
    return rule.source ? [rule.source, ...rule.more] : [];
}

/**
 * @param {string} target
 * @param {string} source
 * @returns {Object} a rule with the usual settings
 */
export function newRule(target, source) {
    return {
        target,
        source,
        more: [],
        separator: " ",
        part: 0,
        converter: "",
        params: {},
        required: true,
        ownership: "master",
    };
}

/**
 * Return the rows of the screen: what is missing first, then the columns of the file in their
 * order, then what the file does not have.
 *
 * @param {Object[]} rules
 * @param {Object[]} fields
 * @param {string[] | null} header columns of the open source, null when none is open
 * @param {Object[]} problems
 * @returns {Object[]} `{key, rule, column, target, kind}`, kind being missing, rule or unmapped
 */
export function computeRows(rules, fields, header, problems) {
    const wrong = new Set(problems.map((problem) => problem.target));
    const fed = new Set(rules.map((rule) => rule.target));
    const places = new Map((header || []).map((name, index) => [foldColumn(name), index]));
    const rows = fields
        .filter((field) => field.required && !fed.has(field.name))
        .map((field) => ({ key: field.name, kind: "missing", target: field.name, place: -2 }));
    const used = new Set();
    for (const rule of rules) {
        const sources = sourcesOf(rule).map(foldColumn);
        sources.forEach((source) => used.add(source));
        const absent = header && sources.some((source) => !places.has(source));
        let place = header ? places.get(sources[0]) : 0;
        if (absent) {
            place = wrong.has(rule.target) ? -1 : places.size;
        } else if (!sources.length) {
            place = places.size + 1;
        }
        rows.push({ key: rule.target, kind: "rule", target: rule.target, rule, absent, place });
    }
    for (const [folded, index] of places) {
        if (folded && !used.has(folded)) {
            const column = header[index];
            rows.push({ key: `column ${column}`, kind: "unmapped", column, place: index });
        }
    }
    // stable: rules of one column, or without a file, keep their order
    return rows.sort((one, other) => one.place - other.place);
}

/**
 * @param {Object} rule
 * @param {Object} field
 * @param {Object} converters
 * @returns {Object[]} settings of the rule's conversion with what they are set to, or usually are
 */
export function paramsOf(rule, field, converters) {
    const name = rule.converter || field.converter;
    const proposed = name === field.converter ? field.params : {};
    return converters[name].params.map((param) => {
        const usual = param.name in proposed ? proposed[param.name] : param.default;
        const isSet = param.name in rule.params;
        return { ...param, usual, isSet, value: isSet ? rule.params[param.name] : usual };
    });
}
