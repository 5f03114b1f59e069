"""Executes a template the way the PBX does: at ringing, in the client, at the end of a call."""

import base64
import json
import re
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timezone
from zoneinfo import ZoneInfo

from .body import body_of, headers_of, query_of
from .dotnet import to_text
from .errors import ExpressionError, HttpError
from .json_paths import matches, value_of
from .moments import PHONE_OUTPUTS, YEAR_ONE, Contact
from .numbers import bare, echoed, formatted
from .template import POST
from .web import Answer, Sent, UrllibHttp, address

__all__ = ["Behaviour", "Engine", "Exchange"]

#: Beyond the two planes of letters: what a CRM that "supports no emojis" does not get.
EMOJIS = re.compile("[\U00010000-\U0010ffff\u2600-\u27bf\ufe0f\u200d]")
KEPT = 500


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Where public sources only claim, or contradict each other, how a PBX behaves."""

    bare_number_in_posts: bool = True
    """``[Number]`` has no prefix within ``PostValues``."""
    unknown_variables_stay: bool = True
    """A variable nobody filled is sent as it is written, brackets included; else empty."""
    words_need_quotes: bool = True
    """A ``SkipIf`` that compares with an unquoted word fails."""
    never_is_year_one: bool = False
    """The moment at which a missed call was answered is 1 January 1; else an empty text."""


@dataclass(slots=True)
class Exchange:
    """A request and what came of it."""

    scenario: str
    sent: Sent | None = None
    answer: Answer | None = None
    error: str = ""
    seconds: float = 0.0

    @property
    def succeeded(self):
        return not self.error


@dataclass(slots=True)
class _Token:
    """What the authentication scenario published."""

    variables: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    expires: float = 0.0


class Engine:
    """:param Template template: accepted by the PBX.
    :param dict parameters: what was filled in on its CRM page, by name.
    :param str version: of the PBX, as ``20.0.10``.
    :param int max_length: its setting how many digits of a number are compared, ``[MaxLength]``.
    :param http: takes a :class:`~.web.Sent`, returns an :class:`~.web.Answer`; may raise HttpError.
    :param str zone: time zone of the PBX.
    :param Behaviour behaviour: see there.
    :raise ValueError: a parameter the template does not have.

    May be used by several threads. Neither a CRM that fails nor an expression that does is an
    exception: as in the PBX the call goes on, and ``exchanges`` says what happened.
    """

    def __init__(
        self,
        template,
        parameters=None,
        version="20.0.10",
        max_length=0,
        http=None,
        zone="Europe/Brussels",
        behaviour=None,
    ):
        self.template = template
        self.version = int(version.split(".")[0])
        self.max_length = max_length
        self.http = http or UrllibHttp()
        self.zone = ZoneInfo(zone) if zone != "UTC" else timezone.utc
        self.behaviour = behaviour or Behaviour()
        self.parameters = self._checked(parameters or {})
        self.exchanges = deque(maxlen=KEPT)
        self.discarded = deque(maxlen=KEPT)
        """Pairs of a reason and the outputs of a match that was thrown away."""
        self._token = None
        self._token_lock = threading.RLock()
        self._slots = threading.BoundedSemaphore(template.max_concurrent_requests)

    def _checked(self, given):
        known = {parameter.name: parameter for parameter in self.template.parameters}
        if unknown := set(given) - set(known):
            raise ValueError(f"the template has no parameter {', '.join(sorted(unknown))}")
        values = {}
        for name, parameter in known.items():
            value = to_text(given.get(name, parameter.default))
            if parameter.type == "Boolean":
                value = "True" if value.lower() == "true" else "False"
            values[name] = value
        return values

    # ------------------------------------------------------------- the moments

    def lookup(self, number, direction="Inbound"):
        """At the beginning of an external call.

        :return: list[Contact], in the order of the answer; the telephone shows the first one.
        """
        if not re.search(r"\d", number):
            return []  # withheld: there is nothing to look for
        searched = self._formatted(number)
        found = []
        for scenario in self.template.scenarios:
            if scenario.id:
                continue
            given = {"CallDirection": direction, "FoundRecordCount": len(found)}
            found += self._contacts(scenario, given, searched, found, must_echo=True)
        return found

    def search(self, text):
        """What a user typed in the client's search. :return: list[Contact]"""
        return self._found_by("SearchContacts", {"SearchText": text})

    def lookup_email(self, email):
        """At the beginning of a chat. :return: list[Contact]"""
        return self._found_by("LookupByEmail", {"Email": email})

    def create(self, first_name, last_name, email, number):
        """A user made a contact in the client.

        :return: the Contact as the CRM answered it; None when it did not."""
        scenario = self.template.scenario("CreateContactRecordFromClient")
        if not scenario:
            return None
        given = {"FirstName": first_name, "LastName": last_name, "Email": email}
        contacts = self._contacts(scenario, given, self._formatted(number), [])
        return contacts[0] if contacts else None

    def report_call(self, call):
        """At the end of a call, once for each :class:`~.moments.EndedCall`.

        :return: list[Exchange]; empty for internal calls, and when the template skips the call."""
        if not call.is_external:
            return []
        never = YEAR_ONE if self.behaviour.never_is_year_one else None
        variables = call.variables(self.zone, self.version, never)
        return self._report("ReportCall", variables, self._formatted(call.number))

    def report_chat(self, chat):
        """At the end of an :class:`~.moments.EndedChat`. :return: list[Exchange]"""
        variables = chat.variables(self.zone, self.version)
        if not self.template.supports_emojis:
            variables["ChatMessages"] = EMOJIS.sub("", variables["ChatMessages"])
        return self._report("ReportChat", variables, chat.number)

    def _formatted(self, number):
        text = self.template.max_length.render(self._scope({}))
        length = int(text) if text.isdecimal() else 0
        return formatted(number, self.template.prefix, length) if number[-1:].isdigit() else number

    def _found_by(self, prefix, given):
        found = []
        for scenario in self.template.starting_with(prefix):
            found += self._contacts(scenario, given, "", found)
        return found

    def _report(self, scenario_id, variables, number):
        scenario = self.template.scenario(scenario_id)
        if not scenario:
            return []
        done = []
        self._run(scenario, {**variables, "Number": number}, done)
        return done

    # ----------------------------------------------------------------- matches

    def _contacts(self, scenario, given, number, known, *, must_echo=False):
        """:param list known: contacts other scenarios found already."""
        if number:
            given = {**given, "Number": number}
        urls = {contact.url for contact in known}
        contacts = []
        for outputs in self._run(scenario, given, []):
            contact = _contact(outputs)
            reason = _useless(contact, urls)
            if must_echo and not reason and not echoed(number, contact.phones):
                reason = f"{number} is in none of its numbers"
            if reason:
                self.discarded.append((reason, outputs))
                continue
            urls.add(contact.url)
            contacts.append(contact)
        return contacts

    def _run(self, scenario, given, done):
        """A scenario and those that follow it.

        :param list done: takes the exchanges.
        :return: list of the outputs of the last scenario, by type."""
        found = self._matched(scenario, given, done)
        outputs = scenario.outputs
        if not outputs or (not found and not outputs.allow_empty):
            return []
        results = []
        for variables in found or [{variable.name: "" for variable in scenario.variables}]:
            merged = {**given, **variables}
            if outputs.following:
                results += self._run(self.template.scenario(outputs.following), merged, done)
                continue
            exchange = Exchange(scenario.id)
            with self._noted(exchange):
                scope = self._scope(merged)
                results.append(
                    {out.type: out.expression.render(scope, out.passes) for out in outputs.values}
                )
            if exchange.error:
                self.exchanges.append(exchange)
        return results

    def _matched(self, scenario, given, done):
        """:return: list of dict, the variables of each match of one request."""
        exchange = Exchange(scenario.id)
        found = []
        with self._noted(exchange):
            document = self._ask(scenario, given, exchange)
            if document is not None:
                found = self._variables(scenario, document, self._scope(given))
        if exchange.sent or exchange.error:
            self.exchanges.append(exchange)
            done.append(exchange)
        return found

    def _variables(self, scenario, document, scope):
        def pairs(rules):
            return [
                (rule.path, rule.expected.render(scope) if rule.expected else None)
                for rule in rules
            ]

        return [
            {
                variable.name: value_of(match, variable.path, pairs(variable.rules))
                for variable in scenario.variables
            }
            for match in matches(document, pairs(scenario.rules))
        ]

    @contextmanager
    def _noted(self, exchange):
        """What fails is noted and ends the scenario, nothing more."""
        started = time.monotonic()
        try:
            yield
        except (ExpressionError, HttpError) as error:
            exchange.error = str(error)
        exchange.seconds = time.monotonic() - started

    # ----------------------------------------------------------------- request

    def _ask(self, scenario, given, exchange):
        """:return: the JSON of the answer; None when nothing is asked, or nothing is answered."""
        request = scenario.request
        if request is None:
            return None  # a database: not simulated
        scope = self._scope(given)
        if request.skip and self._skipped(request.skip, scope):
            return None
        headers = self._authentication(scenario)
        scope = self._scope(given)  # the token may have come in between
        headers |= headers_of(request, scope)
        body, content_type = body_of(request, scope, self._bare_scope(given))
        if request.method == POST and content_type:
            headers["Content-Type"] = content_type
        url = address(request.url.render(scope), query_of(request, scope))
        exchange.sent = Sent(request.method.upper(), url, headers, body)
        with self._slots:
            exchange.answer = self.http(exchange.sent)
        if not 200 <= exchange.answer.status < 300:
            raise HttpError(f"HTTP {exchange.answer.status}", exchange.answer.status)
        if not scenario.rules and not scenario.variables:
            return None
        try:
            return json.loads(exchange.answer.body)
        except ValueError:
            raise HttpError("the answer is no JSON", exchange.answer.status) from None

    def _skipped(self, condition, scope):
        words = condition.unquoted_words()
        if words and self.behaviour.words_need_quotes:
            raise ExpressionError(
                f'SkipIf="{condition.source}": "{words[0]}" without quotation marks is no text'
            )
        return condition.met(scope)

    def _scope(self, given):
        """What a variable's name stands for in expressions."""
        known = {"MaxLength": self.max_length or "", "FoundRecordCount": 0, "LineBreak": "\n"}
        token = self._token.variables if self._token else {}
        values = {**known, **self.parameters, **token, **given}
        missing = "[{}]" if self.behaviour.unknown_variables_stay else ""
        return lambda name: values[name] if name in values else missing.format(name)

    def _bare_scope(self, given):
        if self.behaviour.bare_number_in_posts and "Number" in given:
            given = {**given, "Number": bare(given["Number"])}
        return self._scope(given)

    # ---------------------------------------------------------- authentication

    def _authentication(self, scenario):
        """:return: dict, headers every request of the template carries."""
        authentication = self.template.authentication
        if authentication.type == "Basic":
            pair = authentication.value.render(self._scope({}))
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        if authentication.type == "No" or scenario.id == authentication.value.source:
            return {}
        with self._token_lock:
            if not self._token or self._token.expires <= time.monotonic():
                self._token = self._new_token(self.template.scenario(authentication.value.source))
            return dict(self._token.headers)

    def _new_token(self, scenario):
        """:raise HttpError: the CRM gives none."""
        found = self._matched(scenario, {}, [])
        if not found:
            raise HttpError(f'scenario "{scenario.id}" found nothing')
        if not scenario.outputs:
            return _Token()  # nothing is published
        scope = self._scope(found[0])
        values = {
            out.type: out.expression.render(scope, out.passes) for out in scenario.outputs.values
        }
        token = _Token(variables=found[0])
        if values.get("HeaderName"):
            token.headers = {values["HeaderName"]: values.get("HeaderValue", "")}
        minutes = values.get("BearerExpiration", "")
        token.expires = time.monotonic() + 60 * (int(minutes) if minutes.isdecimal() else 60)
        return token


def _contact(outputs):
    phones = tuple(outputs[kind] for kind in PHONE_OUTPUTS if outputs.get(kind))
    return Contact(
        url=outputs.get("ContactUrl", ""),
        first_name=outputs.get("FirstName", ""),
        last_name=outputs.get("LastName", ""),
        company=outputs.get("CompanyName", ""),
        email=outputs.get("Email", ""),
        entity_id=outputs.get("EntityId", ""),
        entity_type=outputs.get("EntityType", ""),
        phones=phones,
    )


def _useless(contact, urls):
    """:return: why the PBX throws a match away; empty when it does not."""
    if not contact.url:
        return "it has no ContactUrl"
    if contact.url in urls:
        return "its ContactUrl was there already"
    if not contact.name:
        return "it has no name"
    return ""
