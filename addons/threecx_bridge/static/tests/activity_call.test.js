import { start, startServer, openFormView } from "@mail/../tests/mail_test_helpers";

import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click, queryOne, waitFor } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";

import { ActivityListPopoverItem } from "@mail/core/web/activity_list_popover_item";
import { getService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";

import { defineThreecxModels, makeAnswer, patchTelephone } from "./threecx_test_helpers";

describe.current.tags("desktop");
defineThreecxModels();

const BUTTON = ".o_threecx_activity_call";

beforeEach(() => {
    onRpc("threecx.call", "dial", ({ args, kwargs }) => {
        expect.step(`${args[0]} ${kwargs.res_model},${kwargs.res_id}`);
        return makeAnswer();
    });
});

/** The number comes with what the server tells of an activity. */
async function openActivity(number) {
    const pyEnv = await startServer();
    const id = pyEnv["res.partner"].create({ name: "Anne" });
    const activityId = pyEnv["mail.activity"].create({
        activity_category: "phonecall",
        can_write: true,
        res_id: id,
        res_model: "res.partner",
        summary: "Call back",
    });
    await start();
    await openFormView("res.partner", id);
    await waitFor(".o-mail-Activity");
    const store = getService("mail.store");
    const activity = store["mail.activity"].get(activityId);
    activity.threecx_number = number;
    await animationFrame();
    return { activity, id };
}

test("an activity of type call calls in one click, about its record", async () => {
    patchTelephone();
    const { id } = await openActivity("+3242223344");
    expect(`.o-mail-Activity ${BUTTON}`).toHaveText("Call");
    expect(`.o-mail-Activity ${BUTTON}`).toHaveAttribute("title", "+3242223344");
    await click(`.o-mail-Activity ${BUTTON}`);
    await animationFrame();
    expect.verifySteps([`+3242223344 res.partner,${id}`]);
    expect(".o-mail-Activity").toHaveCount(1);
});

test("an activity without a number has no button", async () => {
    patchTelephone();
    const { activity } = await openActivity(false);
    expect(".o-mail-Activity").toHaveCount(1);
    expect(BUTTON).toHaveCount(0);
    activity.threecx_number = "+3242223344";
    await animationFrame();
    expect(BUTTON).toHaveCount(1);
});

test("in the list of activities too, as long as it is to be done", async () => {
    patchTelephone();
    const { activity, id } = await openActivity("+3242223344");
    await mountWithCleanup(ActivityListPopoverItem, { props: { activity } });
    const button = `.o-mail-ActivityListPopoverItem ${BUTTON}`;
    await click(button);
    await animationFrame();
    expect.verifySteps([`+3242223344 res.partner,${id}`]);
    activity.state = "done";
    await animationFrame();
    expect(button).toHaveCount(0);
});

test("who does not telephone has the link of his computer", async () => {
    patchTelephone({ enabled: false });
    await openActivity("+3242223344");
    queryOne(BUTTON).addEventListener("click", (ev) => {
        expect.step(ev.defaultPrevented ? "taken" : "left alone");
        ev.preventDefault();
    });
    await click(BUTTON);
    expect.verifySteps(["left alone"]);
});
