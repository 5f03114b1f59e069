import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { mockDate } from "@odoo/hoot-mock";

import { allowTranslations, makeMockEnv } from "@web/../tests/web_test_helpers";
import { findTrigger } from "@omnichannel_inbox/composer/triggers";
import { colorIndex, initials } from "@omnichannel_inbox/list/avatar";
import { addAddresses, isAddress, parseAddresses } from "@omnichannel_inbox/model/addresses";
import { fileSize } from "@omnichannel_inbox/model/composer_model";
import {
    htmlToText,
    isHtmlBlank,
    mentionedPartners,
    missingVariables,
    speaksOfAttachment,
    textToHtml,
} from "@omnichannel_inbox/model/html_text";
import { age, countdown, serialize, snoozeChoices } from "@omnichannel_inbox/model/times";

describe.current.tags("headless");
beforeEach(allowTranslations);

const { DateTime } = luxon;

test("how long ago, as short as it can be", () => {
    mockDate("2026-11-20 15:00:00", +1);
    const now = DateTime.fromISO("2026-11-20T15:00:00Z");
    expect(age("2026-11-20T14:59:30Z", now)).toBe("now");
    expect(age("2026-11-20T14:55:00Z", now)).toBe("5 min");
    expect(age("2026-11-20T12:00:00Z", now)).toBe("3 h");
    expect(age("2026-11-19T10:00:00Z", now)).toBe("Yesterday");
    expect(age("2026-11-17T10:00:00Z", now)).toBe("Tue");
    expect(age("2026-03-02T10:00:00Z", now)).toBe("Mar 2");
    expect(age("2024-03-02T10:00:00Z", now)).toBe("3/2/2024");
    expect(age(false, now)).toBe("");
});

test("what is left of a term, and what is over", () => {
    mockDate("2026-11-20 15:00:00", +1);
    const now = DateTime.fromISO("2026-11-20T15:00:00Z");
    expect(countdown("2026-11-20T15:12:00Z", now).text).toBe("12 min");
    expect(countdown("2026-11-20T18:05:00Z", now).text).toBe("3 h 05");
    expect(countdown("2026-11-24T15:00:00Z", now).text).toBe("4 d");
    const late = countdown("2026-11-20T13:00:00Z", now);
    expect([late.isLate, late.text]).toEqual([true, "2 h"]);
    expect(countdown(false, now)).toBe(null);
});

test("moments to snooze to are in the future, and sent in UTC", () => {
    const friday = DateTime.fromISO("2026-11-20T10:10:00", { zone: "Europe/Brussels" });
    const choices = snoozeChoices(friday);
    expect(choices.map(({ key }) => key)).toEqual(["today", "tomorrow", "week"]);
    expect(choices.map(({ moment }) => serialize(moment))).toEqual([
        "2026-11-20T12:30:00Z",
        "2026-11-21T08:00:00Z",
        "2026-11-23T08:00:00Z",
    ]);
    const sunday = DateTime.fromISO("2026-11-22T20:00:00", { zone: "Europe/Brussels" });
    // no "later today" at night, and Monday once
    expect(snoozeChoices(sunday).map(({ key }) => key)).toEqual(["tomorrow"]);
});

test("addresses as people write and paste them", () => {
    expect(parseAddresses('Anne <a@b.be>; c@d.fr, "Peeters, Jan" <jan@x.nl>\nwrong')).toEqual([
        { email: "a@b.be", name: "Anne" },
        { email: "c@d.fr", name: "" },
        { email: "jan@x.nl", name: "Peeters, Jan" },
        { email: "wrong", name: "" },
    ]);
    expect(["a@b.be", "a@b", "a b@c.de", "@c.de"].map(isAddress)).toEqual([
        true,
        false,
        false,
        false,
    ]);
    const known = [{ email: "A@b.be", name: "" }];
    expect(addAddresses(known, [{ email: "a@B.be" }, { email: "c@d.fr" }])).toHaveLength(2);
});

test("what of a text is missing, is named, is blank", () => {
    expect(missingVariables("<p>Le «order» du «order», dit « bonjour »</p>")).toEqual(["«order»"]);
    expect(isHtmlBlank("<p><br></p>\u200b")).toBe(true);
    expect(isHtmlBlank('<p><img src="/x.png"></p>')).toBe(false);
    expect(htmlToText("<p>One</p><p>Two<br>Three</p>")).toBe("One\nTwo\nThree");
    expect(textToHtml("a < b\n\nc")).toBe("<p>a &lt; b</p><p><br></p><p>c</p>");
    const note = '<a data-oe-model="res.partner" data-oe-id="7">@Z</a><a data-oe-id="9">x</a>';
    expect(mentionedPartners(note + note)).toEqual([7]);
    expect(speaksOfAttachment("<p>Voir la facture en pièce jointe.</p>")).toBe(true);
    expect(speaksOfAttachment("<p>Zie bijlage</p>")).toBe(true);
    expect(speaksOfAttachment("<p>Bonjour</p>")).toBe(false);
});

test("what opens a list while one writes", () => {
    expect(findTrigger("Hello ::del")).toEqual({ name: "canned", term: "del", length: 5 });
    expect(findTrigger("::")).toEqual({ name: "canned", term: "", length: 2 });
    expect(findTrigger("@Zoé")).toEqual({ name: "mention", term: "Zoé", length: 4 });
    expect(findTrigger("anne@example")).toBe(null, { message: "an address names nobody" });
    expect(findTrigger("std::vector")).toBe(null);
});

test("letters for those without a picture, sizes for files", async () => {
    // figures are written as the language does
    await makeMockEnv();
    expect(initials("Anne-Sophie van der Meersch")).toBe("AM");
    expect(initials("bob@example.com")).toBe("BC");
    expect(initials("")).toBe("?");
    expect(colorIndex("Anne")).toBe(colorIndex("Anne"));
    expect(fileSize(10)).toBe("1 kB");
    expect(fileSize(25 * 1024 * 1024)).toBe("25 MB");
    expect(fileSize(1.5 * 1024 * 1024)).toBe("1.5 MB");
});
