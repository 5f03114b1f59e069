from odoo.addons.portal.controllers.portal import CustomerPortal


class SmCustomerPortal(CustomerPortal):
    """The address form, under *My Account* and in a shop."""

    def _validate_address_values(self, address_values, partner_sudo, *args, **kwargs):
        """Override of `portal`: a customer who changes what our master keeps reads which fields and
        whom to ask, and does not lose what he typed.

        What the master keeps is not checked again: he could not put it right.
        """
        refused = partner_sudo and partner_sudo._sm_refused_to_customer(address_values)
        owned = partner_sudo._sm_owned() if partner_sudo else {}
        if "vat" in owned and not (refused and "vat" in refused[0]):
            address_values.pop("vat", None)
        invalid_fields, missing_fields, error_messages = super()._validate_address_values(
            address_values, partner_sudo, *args, **kwargs
        )
        theirs = {name for name in missing_fields & owned.keys() if not partner_sudo[name]}
        if theirs and theirs == missing_fields:
            error_messages.pop()  # that some required fields are empty
        missing_fields -= theirs
        if refused:
            names, message = refused
            invalid_fields |= names
            error_messages.append(message)
        return invalid_fields, missing_fields, error_messages
