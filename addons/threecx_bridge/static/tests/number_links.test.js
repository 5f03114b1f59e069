import { describe, expect, test } from "@odoo/hoot";

import { markup } from "@odoo/owl";

import { findNumbers, linkNumbers } from "@threecx_bridge/dial/number_links";

describe.current.tags("headless");

const found = (text, country = "BE") => findNumbers(text, country).map(({ number }) => number);

test("numbers as people write them", () => {
    for (const number of [
        "04/222.33.44",
        "0475 12 34 56",
        "+32 (0)4 222 33 44",
        "+32475123456",
        "0032 4 222 33 44",
        "+33 1 42 68 53 00",
        "+352 621 123 456",
        "+49-30-1234567",
        "0475/12.34.56",
    ]) {
        expect(found(`Call ${number}, please.`)).toEqual([number]);
        expect(found(`(${number})`)).toEqual([number]);
        expect(found(number)).toEqual([number]);
    }
    expect(found("02 333 44 55 or 0475/12.34.56")).toEqual(["02 333 44 55", "0475/12.34.56"]);
    expect(found("01 42 68 53 00", "FR")).toEqual(["01 42 68 53 00"]);
    expect(found("06-12345678", "NL")).toEqual(["06-12345678"]);
});

test("what looks like a number and is none", () => {
    for (const text of [
        "Delivery on 01/02/2026 between 10 and 12",
        "01.02.2026 10:30",
        "05-12-26 1200",
        "IBAN BE68 5390 0754 7034",
        "TVA BE 0477.472.701",
        "BTW 0477 47 27 01",
        "0477.472.701",
        "+++090/9337/55493+++",
        "Order LIE0475123456",
        "0,475123456 m",
        "EUR 0 475 123",
        "5410000047512 and 0475",
        "Page 00001",
        "https://example.com/0475123456",
    ]) {
        expect(found(text)).toEqual([], { message: text });
    }
    expect(found("621 123 456", "LU")).toEqual([], { message: "no 0: only with its country" });
    expect(found("0475 12 34 56", "ES")).toEqual([]);
});

test("links in what is formatted, nothing else touched", () => {
    const html = markup`<p>Ring <b>04 222 33 44</b> or <a href="/x">0475 12 34 56</a></p><pre>0475 12 34 56</pre>`;
    const linked = linkNumbers(html, "BE");
    expect(linked).toBeInstanceOf(markup("").constructor);
    expect(linked.toString()).toBe(
        '<p>Ring <b><a class="o_threecx_number" href="tel:042223344">04 222 33 44</a></b> or ' +
            '<a href="/x">0475 12 34 56</a></p><pre>0475 12 34 56</pre>'
    );
});

test("plain text and text without numbers come back as they are", () => {
    expect(linkNumbers("04 222 33 44", "BE")).toBe("04 222 33 44");
    const html = markup`<p>Bonjour</p>`;
    expect(linkNumbers(html, "BE")).toBe(html);
    expect(linkNumbers(false, "BE")).toBe(false);
    expect(linkNumbers(markup`<p>&lt;img src=x&gt; 04 222 33 44</p>`, "BE").toString()).toInclude(
        "&lt;img src=x&gt;"
    );
});
