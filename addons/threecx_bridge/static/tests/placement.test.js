import { describe, expect, test } from "@odoo/hoot";

import { findCorner } from "@threecx_bridge/call_card/placement";

describe.current.tags("headless");

const screen = { left: 0, top: 46, right: 1400, bottom: 900, isRtl: false };
const phone = { left: 0, top: 46, right: 390, bottom: 844, isRtl: false };
const card = { width: 400, height: 500 };
const rect = (left, top, width = 200, height = 30) => ({
    left,
    top,
    right: left + width,
    bottom: top + height,
});

function corner(focus, { current = "bottom-end", size = card, area = screen } = {}) {
    return findCorner({ current, size, area, focus });
}

test("stays where it is while nothing is covered", () => {
    expect(corner(null)).toBe("bottom-end");
    expect(corner(rect(100, 100))).toBe("bottom-end");
    expect(corner(null, { current: "top-start" })).toBe("top-start");
});

test("gives way to what is typed in", () => {
    expect(corner(rect(1100, 700))).toBe("bottom-start");
    expect(corner(rect(100, 700), { current: "bottom-start" })).toBe("bottom-end");
    expect(corner(rect(0, 850, 1400))).toBe("top-end");
});

test("the other way round where one writes from right to left", () => {
    const area = { ...screen, isRtl: true };
    expect(corner(rect(1100, 700), { area })).toBe("bottom-end");
    expect(corner(rect(100, 700), { area })).toBe("bottom-start");
});

test("on a telephone: bottom or top, else only the heads", () => {
    const size = { width: 366, height: 400 };
    expect(corner(rect(10, 700), { area: phone, size })).toBe("top-end");
    expect(corner(rect(10, 100), { area: phone, size })).toBe("bottom-end");
    expect(corner(rect(10, 60, 370, 780), { area: phone, size })).toBe(null);
});
