import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click, dblclick, keyDown, keyUp, pointerDown, press, queryOne, waitFor } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";

import {
    mockService,
    mountView,
    mountWithCleanup,
    onRpc,
    contains,
} from "@web/../tests/web_test_helpers";
import { Component, markup, xml } from "@odoo/owl";

import { HtmlViewer } from "@html_editor/components/html_viewer/html_viewer";

import {
    defineThreecxModels,
    makeAnswer,
    mountContactForm,
    patchTelephone,
} from "./threecx_test_helpers";
import { openFormView, start, startServer } from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");
defineThreecxModels();

const LIST = `
    <list>
        <field name="name"/>
        <field name="phone" widget="phone"/>
    </list>`;

beforeEach(() => {
    onRpc("threecx.call", "dial", ({ args, kwargs }) => {
        expect.step(`${args[0]} ${kwargs.res_model},${kwargs.res_id}`);
        return makeAnswer();
    });
});

async function mountList() {
    const pyEnv = await startServer();
    const id = pyEnv["res.partner"].create({ name: "Anne", phone: "04 222 33 44" });
    await mountView({
        type: "list",
        resModel: "res.partner",
        arch: LIST,
        domain: [["id", "=", id]],
        selectRecord: () => expect.step("opened"),
    });
    return id;
}

test("one click in a list calls, and opens nothing", async () => {
    patchTelephone();
    const id = await mountList();
    await click(".o_data_row a.o_form_uri");
    await animationFrame();
    expect.verifySteps([`042223344 res.partner,${id}`]);
    await click(".o_data_row .o_data_cell:first");
    await animationFrame();
    expect.verifySteps(["opened"]);
});

test("a number that is only read is a plain link in a list", async () => {
    patchTelephone();
    const pyEnv = await startServer();
    const id = pyEnv["res.partner"].create({ name: "Anne", phone: '"><b>04 222 33 44' });
    pyEnv["res.partner"].create({ name: "Nobody" });
    await mountView({
        type: "list",
        resModel: "res.partner",
        arch: `<list editable="bottom">
            <field name="name"/>
            <field name="phone" widget="phone" options="{'enable_sms': false}"/>
        </list>`,
        domain: [["name", "in", ["Anne", "Nobody"]]],
    });
    const cells = ".o_data_row td[name=phone]";
    expect(`${cells} a`).toHaveCount(1);
    expect(`${cells} a`).toHaveText('"><b>04 222 33 44');
    expect(`${cells}:has(a)`).toHaveAttribute("data-tooltip", '"><b>04 222 33 44');
    expect(`${cells} .o_field_phone`).toHaveCount(0);
    await click(`${cells} a`);
    await animationFrame();
    expect(".o_selected_row").toHaveCount(0);
    expect.verifySteps([`"><b>042223344 res.partner,${id}`]);
    await click(".o_data_row td[name=name]:first");
    await animationFrame();
    expect(".o_selected_row td[name=phone] input").toHaveCount(1);
});

test("two clicks are one call", async () => {
    patchTelephone();
    const id = await mountList();
    await dblclick(".o_data_row a.o_form_uri");
    await animationFrame();
    expect.verifySteps([`042223344 res.partner,${id}`]);
});

test("Enter on a number in a list calls, and opens nothing", async () => {
    patchTelephone();
    const id = await mountList();
    queryOne(".o_data_row a.o_form_uri").focus();
    await press("Enter");
    await animationFrame();
    expect.verifySteps([`042223344 res.partner,${id}`]);
});

test("who does not telephone has Odoo as it was", async () => {
    patchTelephone({ enabled: false });
    await mountList();
    const link = queryOne(".o_data_row a.o_form_uri");
    expect(link).not.toHaveAttribute("data-threecx-model");
    link.addEventListener("click", (ev) => ev.preventDefault());
    await click(link);
    await animationFrame();
    expect.verifySteps(["opened"]);
});

test("in a kanban card", async () => {
    patchTelephone();
    const pyEnv = await startServer();
    const id = pyEnv["res.partner"].create({ name: "Anne", phone: "04 222 33 44" });
    await mountView({
        type: "kanban",
        resModel: "res.partner",
        arch: `<kanban><templates><t t-name="card">
            <field name="name"/><field name="phone" widget="phone"/>
        </t></templates></kanban>`,
        domain: [["id", "=", id]],
        selectRecord: () => expect.step("opened"),
    });
    await click(".o_kanban_record a.o_form_uri");
    await animationFrame();
    expect.verifySteps([`042223344 res.partner,${id}`]);
});

test("beside the input of a form, and in the rows of a list in it", async () => {
    patchTelephone();
    const { id, child } = await mountContactForm("0475/12.34.56", LIST);
    await click(".o_phone_form_link");
    await click(".o_data_row a.o_form_uri");
    await animationFrame();
    expect.verifySteps([
        `042223344 res.partner,${id}`,
        `0475/12.34.56 res.partner,${child}`,
    ]);
    expect(".o_dialog").toHaveCount(0);
});

test("any link of a page, about the record of the open form", async () => {
    patchTelephone();
    const pyEnv = await startServer();
    const id = pyEnv["res.partner"].create({ name: "Anne" });
    pyEnv["mail.message"].create({
        model: "res.partner",
        res_id: id,
        body: "<p>Ring me: 0475 12 34 56</p>",
        message_type: "comment",
    });
    await start();
    await openFormView("res.partner", id);
    await contains(".o-mail-Message a.o_threecx_number").click();
    await animationFrame();
    expect.verifySteps([`0475123456 res.partner,${id}`]);
});

class Links extends Component {
    static props = [];
    static template = xml`
        <div>
            <a class="a" href="tel:%2B32%204%20222;ext=3">a</a>
            <a class="b" href="callto:+3242223344">b</a>
            <a class="c" href="TEL:+3242223344">c</a>
            <div data-threecx-model="crm.lead" data-threecx-id="5"><a class="d" href="tel:1">d</a></div>
            <div contenteditable="true"><a class="e" href="tel:2">e</a></div>
            <div class="shadow"/>
            <div class="o-mail-ChatWindow"><a class="f" href="tel:3">f</a></div>
        </div>`;
}

test("links of all kinds", async () => {
    patchTelephone();
    mockService("action", {
        get currentController() {
            return { props: { resModel: "sale.order" }, currentState: { resId: 9 } };
        },
    });
    await mountWithCleanup(Links);
    for (const name of ["a", "b", "c", "d", "f"]) {
        await click(`.${name}`);
    }
    expect.verifySteps([
        "+32 4 222 sale.order,9",
        "+3242223344 sale.order,9",
        "1 crm.lead,5",
        "3 false,false",
    ]);
});

test("a link that is being edited, or clicked with a modifier, is the browser's", async () => {
    patchTelephone();
    await mountWithCleanup(Links);
    for (const name of ["a", "e"]) {
        queryOne(`.${name}`).addEventListener("click", (ev) => {
            expect.step(ev.defaultPrevented ? "taken" : "left alone");
            ev.preventDefault();
        });
    }
    await click(".e");
    await keyDown("Control");
    await click(".a");
    await keyUp("Control");
    expect.verifySteps(["left alone", "left alone"]);
});

test("in the shadow in which a mail is shown", async () => {
    patchTelephone();
    await mountWithCleanup(Links);
    const root = queryOne(".shadow").attachShadow({ mode: "open" });
    root.innerHTML = `<a href="tel:0475123456">x</a>`;
    await pointerDown(".shadow");
    root.querySelector("a").click();
    await animationFrame();
    expect.verifySteps(["0475123456 false,false"]);
});

test("in the frame in which a whole page is shown", async () => {
    patchTelephone();
    const page = `<html><head><title>t</title></head>
        <body class="kept">Ring 0475 12 34 56 or <a href="tel:1">us</a></body></html>`;
    await mountWithCleanup(HtmlViewer, { props: { config: { value: markup(page), hasFullHtml: true } } });
    const links = ":iframe body.kept a[href^='tel:']";
    await waitFor(`${links}:contains(us)`);
    expect(links).toHaveCount(2);
    await click(`${links}:first`);
    await click(`${links}:last`);
    await animationFrame();
    expect.verifySteps(["0475123456 false,false", "1 false,false"]);
});

test("a frame is the browser's for who does not telephone", async () => {
    patchTelephone({ enabled: false });
    const page = `<html><body>Ring 0475 12 34 56 or <a href="tel:1">us</a></body></html>`;
    await mountWithCleanup(HtmlViewer, { props: { config: { value: markup(page), hasFullHtml: true } } });
    await waitFor(":iframe a");
    expect(":iframe a").toHaveCount(1);
});
