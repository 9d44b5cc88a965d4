"""How ``sample:entities`` and ``sample:entities-test`` were made: sentences of our own with gaps, and lists of names for them.

    python benchmarks/entities_sample.py          write sample_data/entities.conll and sample_data/entities-test.conll

Names are made of parts so that no list can be learned by heart: the test file has first names, family names, places and firms
that the training file has not, and sentences of patterns of its own beside those of the training file. Words that are names here
and no names there (Park, May, Will, Jordan, Hill) stand in both roles. Everything is written for this program.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "sample_data"

FIRST = (
    "Anna Boris Clara David Elena Farid Grace Hugo Irene Jamal Karin Liam Maria Nadia Oscar Paula Quentin Rosa Samuel Tara Umar "
    "Vera Walter Yusuf Zoe Will May Jordan",
    "Aisha Bruno Carmen Dmitri Esther Felix Greta Hannah Ivan Julia Kenji Laura Milan Nora Omar Petra Rita Stefan",
)
FAMILY = (
    "Abbott Berger Castillo Dawson Eriksen Fischer Garner Haddad Ibsen Jensen Keller Lombard Mercer Novak Okafor Petrov Quinn "
    "Rossi Sato Turner Vargas Weber Park Hill",
    "Adeyemi Brandt Costa Duarte Ellis Fontaine Greene Holm Iverson Kowalski Lindqvist Moreau Nakamura Osborne Price Romano "
    "Stone",
)
PLACES = (
    "Arden|Brookfield|Calvera|Port Dunmore|Eastmere|Fallow Bay|Granholm|Halden|Isle of Orn|Kestrel Falls|Lake Mirren|New Talbot|"
    "Norwick|Old Harbour|Pella|Rosenthal|San Miro|Stonebridge|Torvik|Upper Lenn|Valdoria|Westhaven|Jordan",
    "Ashford|Bellmont|Cape Loris|Derrow|East Corvin|Ferndale|Glenmoor|Highwater|Kingsport|Lower Tamm|Marova|North Sorrel|Orlin|"
    "Port Ellery|Quellin|Ravensburg",
)
HEADS = (
    "Albion Beacon Cobalt Delta Ember Falcon Granite Harbour Ivory Juniper Kepler Lantern Meridian Northern Orchid Pioneer",
    "Aurora Birch Copper Dynamo Evergreen Fjord Horizon Islander Jasper Lotus Mosaic Nimbus",
)
TAILS = (
    "Bank|Airlines|Motors|Foods|Press|Energy|Systems|Group|& Sons|Institute|Shipping|Radio",
) * 2
BODIES = (
    "University of {LOC}|{LOC} City Council|the Ministry of Health|{LOC} United|the Court of Appeal|Royal {LOC} Hospital",
    "College of {LOC}|{LOC} Town Council|the Ministry of Transport|{LOC} Rovers|the Bureau of Statistics|{LOC} General Hospital",
)
TITLES = ("Dr.", "Mr.", "Mrs.", "Ms.", "Professor", "President", "Judge")
PATTERNS = (
    "{PER} lives in {LOC} .|{PER} was born in {LOC} and works for {ORG} .|{ORG} opened an office in {LOC} on Monday .|"
    "{TITLE} {FAM} told {ORG} that the bridge was safe .|Shares of {ORG} rose by 4.2 percent after the report .|"
    'The train from {LOC} to {LOC} was late again .|" We will rebuild , " said {PER} , the mayor of {LOC} .|'
    "{PER} and {PER} met at the station in {LOC} .|{ORG} hired {PER} as head of research .|"
    "Rain is expected in {LOC} until Friday .|In May the prices fell , and nobody at {ORG} knew why .|"
    "They walked up the hill and through the park to the old mill .|"
    "The committee will decide next week whether the road is closed .|{FAM} 's book on {LOC} sold out in two days .|"
    "{PER} left {ORG} for {ORG} last year .|A spokesman for {ORG} declined to comment .|"
    "{LOC} , {LOC} and {LOC} share one power grid .|Who wrote the letter to {TITLE} {FAM} ?|"
    "The museum bought a painting by {PER} for $ 1,200 .|{ORG} ( {LOC} ) beat {ORG} 3-1 .|"
    "Nobody answered the phone , so she went home .|It rained , and the match was put off until May .|"
    "Police in {LOC} are looking for {PER} , 34 .|{PER} , who studied at {ORG} , now teaches in {LOC} .|"
    "The flight was operated by {ORG} .|After the storm , {LOC} had no water for a week .",
    "{PER} moved from {LOC} to {LOC} in June .|{ORG} said it would close its plant near {LOC} .|"
    '" This is a mistake , " {TITLE} {FAM} wrote .|The lawyers of {ORG} and {ORG} met {PER} on Tuesday .|'
    "She will run for mayor of {LOC} in the spring .|Farmers around {LOC} asked {ORG} for help .|"
    "{PER} sued {ORG} over the price of the tickets .|The hill behind the school is steep , and buses avoid it .|"
    "A fire destroyed a warehouse of {ORG} in {LOC} .|{FAM} scored twice for {ORG} .",
)


def _filled(pattern: str, part: int, chance: random.Random) -> list[tuple[str, str]]:
    """A pattern's words with their labels by IOB2; names are of a ``part``, 0 for training and 1 for the test."""
    found: list[tuple[str, str]] = []
    for word in pattern.split():
        gap = re.fullmatch(r"\{([A-Z]+)\}", word)
        if gap is None:
            found.append((word, "O"))
            continue
        kind, name = _name(gap[1], part, chance)
        words = name.split()
        if words[0] == "the":
            found.append(("the" if found else "The", "O"))
            words = words[1:]
        if kind == "O":
            found += [(one, "O") for one in words]
        else:
            found += [(one, f"{'I' if place else 'B'}-{kind}") for place, one in enumerate(words)]
    return found


def _name(gap: str, part: int, chance: random.Random) -> tuple[str, str]:
    """A type and a name for a gap."""
    if gap == "TITLE":
        return "O", chance.choice(TITLES)
    if gap == "FAM":
        return "PER", chance.choice(FAMILY[part].split())
    if gap == "PER":
        return "PER", f"{chance.choice(FIRST[part].split())} {chance.choice(FAMILY[part].split())}"
    place = chance.choice(PLACES[part].split("|"))
    if gap == "LOC":
        return "LOC", place
    if chance.random() < 0.35:
        return "ORG", chance.choice(BODIES[part].split("|")).replace("{LOC}", place)
    head = chance.choice(HEADS[part].split())
    if chance.random() < 0.2:
        return "ORG", head
    return "ORG", f"{head} {chance.choice(TAILS[part].split('|'))}"


def sentences(part: int, count: int, *, seed: int) -> list[list[tuple[str, str]]]:
    """So many different sentences; those of the test have patterns of their own and of the training file in turn."""
    chance = random.Random(seed)
    found: list[list[tuple[str, str]]] = []
    while len(found) < count:
        own = part == 0 or len(found) % 2 == 0
        patterns = PATTERNS[part if own else 0].split("|")
        sentence = _filled(chance.choice(patterns), part, chance)
        plain = all(label == "O" for _, label in sentence)
        if sentence not in found or (plain and found.count(sentence) < 2):
            found.append(sentence)
    return found


def main() -> None:
    """Write both files."""
    for name, part, count in (("entities", 0, 240), ("entities-test", 1, 100)):
        blocks = (
            "".join(f"{word}\t{label}\n" for word, label in sentence)
            for sentence in sentences(part, count, seed=part)
        )
        (FOLDER / f"{name}.conll").write_text("\n".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    main()
