import { describe, expect, test } from "@odoo/hoot";
import { click, queryAllAttributes, queryAllTexts, queryText } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";

import { mockService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { Proof } from "@omnichannel_inbox/proof/proof";

import { defineInboxModels } from "./omni_test_helpers";

describe.current.tags("desktop");
defineInboxModels("omni.proof");

const props = { action: {}, actionId: 1, className: "" };

function makeScreen(values = {}) {
    return {
        days: [
            { date: "2026-01-07", label: "Wed 7/01", is_today: true },
            { date: "2026-01-06", label: "Tue 6/01", is_today: false },
        ],
        channels: [
            {
                id: 1,
                name: "Shop mail",
                icon: "fa-envelope-o",
                can_tell: true,
                counted: "Counted on 7/01",
                error: "",
                cells: {
                    "2026-01-07": { id: 11, state: "ok", here: 4, there: 4, text: "All here" },
                    "2026-01-06": { id: 10, state: "missing", here: 4, there: 5, text: "1 missing" },
                },
            },
            {
                id: 2,
                name: "Demo",
                icon: "fa-flask",
                can_tell: false,
                counted: false,
                error: "",
                cells: {
                    "2026-01-07": {
                        id: 21,
                        state: "unasked",
                        here: 2,
                        there: false,
                        text: "All processed",
                    },
                },
            },
        ],
        totals: { missing: 1, dead: 0 },
        can_act: true,
        ...values,
    };
}

function serve(screen) {
    const box = { screen };
    onRpc("omni.proof", "get_screen", ({ args }) => {
        expect.step(`screen ${args[0]}`);
        return box.screen;
    });
    return box;
}

test("days by channels, in words and not only in colours", async () => {
    serve(makeScreen());
    await mountWithCleanup(Proof, { props });
    expect(queryAllTexts(".o_omni_proof_channel h2")).toEqual(["Shop mail", "Demo"]);
    expect(queryAllTexts(".o_omni_proof_figures")).toEqual(["4 of 4", "4 of 5", "2", "–"]);
    expect(queryAllTexts(".o_omni_proof_text")).toEqual([
        "All here",
        "1 missing",
        "All processed",
        "Not counted yet",
    ]);
    expect(queryAllAttributes("button.o_omni_proof_cell", "aria-label")[1]).toBe(
        "Shop mail, Tue 6/01: 4 of 5, 1 missing"
    );
    expect(queryText(".o_omni_proof_channel:last small")).toMatch(/cannot be asked/);
    expect.verifySteps(["screen 7"]);
});

test("what is missing is fetched with one click", async () => {
    const box = serve(makeScreen());
    onRpc("omni.proof", "fetch_missing", ({ args }) => {
        expect.step(`fetch ${args[0]}`);
        box.screen = makeScreen({ totals: { missing: 0, dead: 0 } });
        return { params: { message: "It is fetched." } };
    });
    mockService("notification", { add: (text) => expect.step(text) });
    await mountWithCleanup(Proof, { props });
    await click(".o_omni_proof_fetch");
    await animationFrame();
    expect(".o_omni_proof_trouble").toHaveCount(0);
    expect.verifySteps(["screen 7", "fetch 7", "It is fetched.", "screen 7"]);
});

test("channels are counted one after the other; who does not answer is named", async () => {
    serve(makeScreen());
    onRpc("omni.proof", "count", ({ args }) => {
        expect.step(`count ${args}`);
        return args[0] === 1;
    });
    mockService("notification", { add: (text) => expect.step(text) });
    await mountWithCleanup(Proof, { props });
    await click(".o_omni_proof_count");
    await animationFrame();
    await animationFrame();
    expect.verifySteps([
        "screen 7",
        "count 1,7",
        "count 2,7",
        "screen 7",
        "Could not be asked: Demo. The reason stands beside the channel.",
    ]);
});

test("leaders look, administrators act", async () => {
    serve(makeScreen({ can_act: false }));
    await mountWithCleanup(Proof, { props });
    expect(".o_omni_proof_trouble").toHaveCount(1);
    expect(".o_omni_proof_fetch, .o_omni_proof_count").toHaveCount(0);
    expect.verifySteps(["screen 7"]);
});

test("a longer span is kept", async () => {
    serve(makeScreen());
    await mountWithCleanup(Proof, { props });
    await click(".o_omni_proof .btn-group .btn:nth-child(2)");
    await animationFrame();
    expect(".o_omni_proof .btn-group .btn.active").toHaveText("14 days");
    expect.verifySteps(["screen 7", "screen 14"]);
    expect(localStorage.getItem("omnichannel_inbox.proof.days")).toBe("14");
});

test("without channels it says what to do", async () => {
    serve(makeScreen({ channels: [], totals: { missing: 0, dead: 0 } }));
    await mountWithCleanup(Proof, { props });
    expect(".o_omni_proof_empty .btn").toHaveText("Channels");
    expect.verifySteps(["screen 7"]);
});
