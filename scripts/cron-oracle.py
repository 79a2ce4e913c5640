# The comparison behind scripts/cron-oracle, which says what it does: skein, number of expressions, seed, ticks of each.

import json
import random
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from cronsim import CronSim

ZONES = """UTC Europe/Berlin Europe/London Europe/Dublin Europe/Lisbon Europe/Moscow Europe/Istanbul Europe/Kyiv Africa/Cairo
Africa/Casablanca Africa/Johannesburg Africa/Lagos America/New_York America/Chicago America/Denver America/Phoenix America/Los_Angeles
America/Anchorage America/St_Johns America/Halifax America/Havana America/Sao_Paulo America/Santiago America/Asuncion America/Caracas
America/Nuuk Asia/Tokyo Asia/Kolkata Asia/Kathmandu Asia/Tehran Asia/Jerusalem Asia/Beirut Asia/Dubai Asia/Shanghai
Australia/Sydney Australia/Lord_Howe Australia/Adelaide Pacific/Auckland Pacific/Chatham Pacific/Apia""".split()
assert len(ZONES) == 40


def changes(zone):
    """Instants at which the offset changes, from 2005 to 2045."""
    found, time = [], datetime(2005, 1, 1, tzinfo=timezone.utc)
    while time.year < 2045:
        later = time + timedelta(days=7)
        if time.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            low, high = time, later
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                if middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset():
                    low = middle
                else:
                    high = middle
            found.append(high.replace(microsecond=0))
        time = later
    return found


class Maker:
    """Random expressions that people might write, and some that nobody would."""

    def __init__(self, dice):
        self.dice = dice

    def number(self, low, high, names):
        value = self.dice.randint(low, high)
        if names and self.dice.random() < 0.3 and value < low + len(names):
            return names[value - low]
        return str(value)

    def item(self, low, high, names):
        kind = self.dice.random()
        if kind < 0.6:
            return self.number(low, high, names)
        first, last = sorted((self.dice.randint(low, high), self.dice.randint(low, high)))
        if kind < 0.8:
            return f"{first}-{last}"
        # cronsim reads 6-6/2 as 6/2; Debian's cron, and ours, as 6.
        if kind < 0.93 and first < last:
            return f"{first}-{last}/{self.dice.randint(1, max(1, (high - low) // 2))}"
        return f"{first}/{self.dice.randint(1, high)}"

    def field(self, low, high, star, names=(), special=None):
        kind = self.dice.random()
        if kind < star:
            return "*"
        if kind < star + 0.12:
            return f"*/{self.dice.randint(1, high)}"
        if special and kind > 0.92:
            return special()
        return ",".join(self.item(low, high, names) for _ in range(self.dice.choice((1, 1, 1, 2, 3))))

    def expression(self):
        day = self.dice.randint
        return " ".join((
            self.field(0, 59, 0.2),
            self.field(0, 23, 0.25),
            self.field(1, 31, 0.55, special=lambda: "L"),
            self.field(1, 12, 0.7, "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()),
            self.field(0, 7, 0.55, "SUN MON TUE WED THU FRI SAT".split(),
                       special=lambda: self.dice.choice((f"{day(0, 7)}#{day(1, 5)}", f"{day(0, 7)}L", f"mon#{day(1, 5)},fril"))),
        ))


def minute_by_minute(expression, zone, start, count):
    """The same by brute force, for expressions that follow elapsed time: every minute whose local time matches. cronsim steps
    over changes of the clocks by whole hours, so it loses its way where they change by half an hour or at midnight; here it is asked
    about local times only."""
    minute, found = start.replace(second=0, microsecond=0) + timedelta(minutes=1), []
    for _ in range(500_000):
        local = minute.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        upcoming = next(CronSim(expression, local - timedelta(minutes=1)), None)
        if upcoming == local:
            found.append(minute.strftime("%Y-%m-%dT%H:%M:%S.000000Z"))
            if len(found) == count:
                return found
        minute += timedelta(minutes=1)
        # Days without a match need no look at their minutes, as long as no change of the clocks can matter.
        if upcoming and upcoming - local > timedelta(days=3):
            minute += upcoming - local - timedelta(days=2)
    return None


def main():
    skein, count, seed, ticks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    print(f"seed {seed}: {count} expressions, {len(ZONES)} zones, {ticks} ticks each", flush=True)
    dice = random.Random(seed)
    maker = Maker(dice)
    near = {name: changes(ZoneInfo(name)) for name in ZONES}
    cases, never = [], 0
    while len(cases) < count:
        zone = ZONES[len(cases) % len(ZONES)]
        start = datetime(2005, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=dice.randrange(40 * 365 * 86400))
        if near[zone] and dice.random() < 0.5:
            start = dice.choice(near[zone]) - timedelta(seconds=dice.randrange(2 * 86400))
        expression = maker.expression()
        try:
            source = CronSim(expression, start.astimezone(ZoneInfo(zone)))
            wanted = []
            for tick in source:
                wanted.append(tick.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000000Z"))
                if len(wanted) == ticks:
                    break
        except Exception:
            never += 1
            continue
        if wanted:
            cases.append((expression, zone, start, wanted))
        else:
            never += 1
    lines = "".join(
        json.dumps({"cron": e, "tz": z, "from": s.strftime("%Y-%m-%dT%H:%M:%SZ"), "n": len(w)}) + "\n" for e, z, s, w in cases)
    answers = subprocess.run([skein, "eval", "cron", "--batch"], input=lines, capture_output=True, text=True, check=True).stdout
    differences = lost = 0
    answers = answers.splitlines()
    assert len(answers) == len(cases), f"{len(answers)} answers for {len(cases)} requests"
    for (expression, zone, start, wanted), answer in zip(cases, answers):
        answer = json.loads(answer)
        if answer.get("value") == wanted:
            continue
        minutes, hours = expression.split()[:2]
        elapsed = minutes.startswith("*") or hours.startswith("*")
        if elapsed and answer.get("value") == minute_by_minute(expression, zone, start, len(wanted)):
            lost += 1
            print(f"cronsim loses its way, every minute agrees with skein: {expression!r} {zone} after {start:%Y-%m-%dT%H:%M:%SZ}")
            continue
        differences += 1
        if differences <= 20:
            print(f"{expression!r} {zone} after {start:%Y-%m-%dT%H:%M:%SZ}\n  cronsim {wanted}\n  skein   {answer}")
    print(f"{len(cases)} compared, {sum(len(w) for *_, w in cases)} ticks, {differences} differ, {lost} where cronsim loses its way; {never} that never fire left out")
    sys.exit(1 if differences else 0)


main()
