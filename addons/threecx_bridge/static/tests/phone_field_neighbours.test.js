import { after, beforeEach, describe, expect, globals, test } from "@odoo/hoot";
import { click, queryAll } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";

import { onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { Component, xml } from "@odoo/owl";
import { applyInheritance } from "@web/core/template_inheritance";
import { registerTemplate } from "@web/core/templates";
import { formPhoneField, PhoneField, phoneField } from "@web/views/fields/phone/phone_field";

import {
    defineThreecxModels,
    makeAnswer,
    mountContactForm,
    patchTelephone,
} from "./threecx_test_helpers";

/**
 * Next to addons that change the same field: one as `sms` does (further properties, a component,
 * content beside the link), one as a softphone in the browser does (`setup` of the class, a click
 * of its own on both links). Their templates come before ours or after them.
 */
describe.current.tags("desktop");
defineThreecxModels();

const FIELD = "web.PhoneField";
const FORM = "web.FormPhoneField";
const NEIGHBOURS = {
    [FIELD]: `
        <t t-inherit="${FIELD}" t-inherit-mode="extension">
            <xpath expr="//div[hasclass('o_phone_content')]//a" position="after">
                <t t-if="props.enableTestButton"><TestButton/></t>
            </xpath>
            <xpath expr="//a[hasclass('o_form_uri')]" position="attributes">
                <attribute name="t-on-click">onTestClick</attribute>
            </xpath>
        </t>`,
    [FORM]: `
        <t t-inherit="${FORM}" t-inherit-mode="extension">
            <xpath expr="//div[hasclass('o_phone_content')]" position="inside">
                <t t-if="props.enableTestButton"><TestButton/></t>
            </xpath>
            <xpath expr="//a[hasclass('o_phone_form_link')]" position="attributes">
                <attribute name="t-on-click">onTestClick</attribute>
            </xpath>
        </t>`,
};

class TestButton extends Component {
    static props = [];
    static template = xml`<button class="o_test_button" t-on-click.stop="() => {}">x</button>`;
}

/** The two templates or extensions of a file, as they are written. */
async function readTemplates(url) {
    const answer = await globals.fetch.call(window, url);
    const { children } = parse(await answer.text());
    const names = [...children].map((one) => {
        const isExtension = one.getAttribute("t-inherit-mode") === "extension";
        return one.getAttribute(isExtension ? "t-inherit" : "t-name");
    });
    return Object.fromEntries(names.map((name, index) => [name, children[index].outerHTML]));
}

function parse(text) {
    return new DOMParser().parseFromString(text, "text/xml").documentElement;
}

function copy(element) {
    return parse(element.outerHTML);
}

/** The two templates, with the extensions in the given order. */
function compose(core, extensions) {
    const extended = (root, name) =>
        extensions.reduce((base, one) => applyInheritance(base, parse(one[name]), "/test"), root);
    const field = extended(parse(core[FIELD]), FIELD);
    const form = applyInheritance(copy(field), parse(core[FORM]), "/test");
    form.removeAttribute("t-inherit");
    form.removeAttribute("t-inherit-mode");
    return { field, form: extended(form, FORM) };
}

async function useTemplates(order) {
    const core = await readTemplates("/web/static/src/views/fields/phone/phone_field.xml");
    const ours = await readTemplates("/threecx_bridge/static/src/dial/phone_field.xml");
    const composed = compose(core, order === "before" ? [NEIGHBOURS, ours] : [ours, NEIGHBOURS]);
    const components = { field: PhoneField, form: formPhoneField.component };
    for (const [kind, component] of Object.entries(components)) {
        const name = `threecx_bridge.Test.${kind}.${order}`;
        composed[kind].setAttribute("t-name", name);
        after(registerTemplate(name, "/threecx_bridge/test", composed[kind].outerHTML));
        patchWithCleanup(component, { template: name });
    }
    patchWithCleanup(PhoneField, {
        components: { ...PhoneField.components, TestButton },
        defaultProps: { ...PhoneField.defaultProps, enableTestButton: true },
        props: { ...PhoneField.props, enableTestButton: { type: Boolean, optional: true } },
    });
    for (const description of [phoneField, formPhoneField]) {
        patchWithCleanup(description, {
            extractProps() {
                return { ...super.extractProps(...arguments), enableTestButton: true };
            },
        });
    }
    patchWithCleanup(PhoneField.prototype, {
        setup() {
            super.setup(...arguments);
            this.testName = this.props.name;
        },
        onTestClick(ev) {
            expect.step(`neighbour ${this.testName}`);
            ev.preventDefault();
            ev.stopPropagation();
        },
    });
}

beforeEach(() => {
    onRpc("threecx.call", "dial", ({ args, kwargs }) => {
        expect.step(`${args[0]} ${kwargs.res_model},${kwargs.res_id}`);
        return makeAnswer();
    });
});

for (const order of ["before", "after"]) {
    test(`neighbours loaded ${order} us: one click is one call, theirs stays`, async () => {
        patchTelephone();
        await useTemplates(order);
        const { id, child } = await mountContactForm("0475 12 34 56");
        expect(".o_test_button").toHaveCount(2);
        await click(".o_phone_form_link");
        await click(".o_data_row a.o_form_uri");
        await animationFrame();
        expect.verifySteps([`042223344 res.partner,${id}`, `0475123456 res.partner,${child}`]);
        queryAll(".o_test_button").forEach((button) => button.click());
        expect.verifySteps([]);
    });

    test(`neighbours loaded ${order} us: who does not telephone here has theirs`, async () => {
        patchTelephone({ enabled: false });
        await useTemplates(order);
        await mountContactForm("0475 12 34 56");
        await click(".o_phone_form_link");
        await click(".o_data_row a.o_form_uri");
        await animationFrame();
        expect.verifySteps(["neighbour phone", "neighbour phone"]);
    });
}
