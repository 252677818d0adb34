"""The HTML report in a real browser: it draws, zooms, and lets nothing in or out."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Browser
from tests.helpers import SAMPLES, http, memlint, write

pytestmark = pytest.mark.xdist_group("browser")  # one is enough

INCIDENT = SAMPLES / "incident"
FEW_MB = 3_000_000


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("incident"), INCIDENT, "--target", "debian-12")


def make(directory: Path, *args: str | Path) -> Path:
    run = memlint("check", "--format", "html", "--fail-on", "never", *args)
    assert run.code in (0, 3), run.err
    page = directory / "report.html"
    page.write_text(run.out)
    return page


def crumbs(browser: Browser) -> list[str]:
    return browser.texts(".crumbs button")


def tiles(browser: Browser) -> int:
    count: int = browser.run("return document.querySelectorAll('.treemap g.slice').length")
    return count


def click_tile(browser: Browser, name: str) -> None:
    """Click in the middle of the tile whose full name is this."""
    script = """
        for (const slice of document.querySelectorAll(".treemap g.slice")) {
          const id = Number(slice.__data__.data.data.id);
          const data = JSON.parse(document.querySelector("script.data").textContent);
          const { name } = data.trees[0].nodes;
          if (name[id] === arguments[0]) return slice.querySelector("path.surface");
        }"""
    surface = browser.run(script, name)
    assert surface is not None
    browser.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", surface)
    ActionChains(browser.driver).move_to_element(surface).click().perform()


def test_a_report_on_4000_locations(browser: Browser, incident: Path) -> None:
    assert incident.stat().st_size < FEW_MB
    browser.open(incident)
    assert browser.messages() == []
    assert browser.requests() == [incident.as_uri()]
    assert browser.texts(".huge") == ["49.8 GiB"]
    assert "4,000" in browser.texts(".figures dd")
    assert tiles(browser) == 1 + 8 + 80  # the whole, files, servers
    assert len(browser.texts(".below tbody tr")) == 8
    assert browser.texts(".phases .number") == ["3.4 GiB", "21.3 GiB", "49.8 GiB"]
    widths = browser.run(
        "return [...document.querySelectorAll('.phases .fill')].map((bar) => bar.offsetWidth)"
    )
    assert 0 < widths[0] < widths[1] < widths[2]


def test_clicking_a_server_zooms(browser: Browser, incident: Path) -> None:
    browser.open(incident)
    click_tile(browser, "server tenant-13.example.com")
    browser.wait(lambda: tiles(browser) == 1 + 50)
    assert crumbs(browser)[1:] == [
        f"{INCIDENT}/tenants/10-19.conf",
        "server tenant-13.example.com",
    ]
    assert browser.texts(".below tbody th")[:2] == ["location /app-00/", "location /app-01/"]
    browser.one(".crumbs button").click()
    browser.wait(lambda: tiles(browser) == 1 + 8 + 80)
    assert browser.messages() == []


def test_the_keyboard(browser: Browser, incident: Path) -> None:
    browser.open(incident)

    def press(*keys: str) -> None:
        browser.driver.switch_to.active_element.send_keys(*keys)

    def chosen() -> list[str]:
        return browser.texts(".below tr.chosen th")

    # reached with Tab alone
    for _ in range(40):
        ActionChains(browser.driver).send_keys(Keys.TAB).perform()
        if browser.run("return document.activeElement.className.includes('treemap')"):
            break
    else:
        pytest.fail("the treemap cannot be reached with Tab")
    press(Keys.ARROW_RIGHT)
    assert chosen() == ["tenants/00-09.conf"]
    assert browser.run("return document.querySelectorAll('.treemap .chosen').length") == 1
    press(Keys.ARROW_DOWN)
    assert chosen() == ["tenants/10-19.conf"]
    press(Keys.ENTER)
    browser.wait(lambda: len(crumbs(browser)) == 2)
    press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT, Keys.ENTER)
    browser.wait(lambda: len(crumbs(browser)) == 3)
    assert crumbs(browser)[-1] == "server tenant-10.example.com"
    press(Keys.ESCAPE)
    browser.wait(lambda: len(crumbs(browser)) == 2)
    assert chosen() == ["server tenant-10.example.com"]
    press(Keys.BACKSPACE)
    browser.wait(lambda: len(crumbs(browser)) == 1)
    press(Keys.ESCAPE)
    assert len(crumbs(browser)) == 1

    press("/")
    press("TENANT-42.example")
    browser.wait(lambda: browser.texts(".hits > small") == ["1 match"])
    press(Keys.ARROW_DOWN)
    press(Keys.ENTER)
    browser.wait(lambda: len(crumbs(browser)) == 3)
    assert crumbs(browser)[-1] == "server tenant-42.example.com"
    assert browser.messages() == []


def test_search_finds_a_location(browser: Browser, incident: Path) -> None:
    browser.open(incident)
    browser.one("input[type=search]").send_keys("/app-07/")
    browser.wait(lambda: len(browser.texts(".hits button")) == 30)
    assert browser.texts(".hits > small") == ["80 matches, the costliest 30 shown"]
    browser.one(".hits button").click()
    browser.wait(lambda: browser.texts(".below tr.chosen th") == ["location /app-07/"])
    assert crumbs(browser)[-1] == "server tenant-00.example.com"


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_is_wider_than_the_window(browser: Browser, incident: Path, width: int) -> None:
    browser.emulate(width=width)
    browser.open(incident)
    assert browser.run("return document.documentElement.scrollWidth") <= width


def test_dark_mode(browser: Browser, incident: Path) -> None:
    def lightness(script: str) -> int:
        color: str = browser.run(f"return {script}")
        return sum(map(int, color[color.index("(") + 1 : -1].split(",")[:3])) // 3

    paper = "getComputedStyle(document.body).backgroundColor"
    labels = "getComputedStyle(document.querySelector('.treemap text.slicetext')).fill"
    browser.open(incident)
    assert lightness(paper) > 200
    assert lightness(labels) < 80
    browser.emulate(dark=True)  # while it is open
    browser.wait(lambda: lightness(paper) < 60 and lightness(labels) > 180)


EVIL = (
    """<b>&amp;</script><img src=x onerror=window.hacked=1><a href='https://evil.example'>x</a>"""
)


MARKUP = "img, iframe, a[href*=evil], b, svg a"
"""Elements that nothing but a name could have made."""


def test_names_are_only_text(browser: Browser, tmp_path: Path) -> None:
    inside = (
        f'lua_ssl_trusted_certificate "{EVIL}.pem";\n'
        f'lua_shared_dict "{EVIL}" 1m;\n'
        f'include "{EVIL}.conf";\n'
        f'server {{ server_name "{EVIL}%{{label}}"; '
        + f'location "/${{x}} {EVIL}" {{ }} ' * 90
        + "} server { }"
    )
    home = tmp_path / "<img src=x onerror=window.hacked=2>"
    page = make(tmp_path, write(home, {"nginx.conf": http(inside), "site.conf": "server { }"}))
    browser.open(page)
    assert browser.messages() == []
    assert browser.requests() == [page.as_uri()]
    assert browser.run("return window.hacked") is None
    assert browser.run(f"return document.querySelectorAll('{MARKUP}').length") == 0
    assert browser.texts(".below tbody th")[0] == f"server {EVIL}%{{label}}"[:99] + "\u2026"
    assert any(EVIL in text for text in browser.texts(".message, pre, .problems"))
    labels = browser.run("return document.querySelector('.treemap').textContent")
    assert "<b>&amp;</" in labels
    browser.one(".below tbody button").click()
    browser.wait(lambda: len(browser.texts(".below tbody th")) == 90)
    ActionChains(browser.driver).move_to_element_with_offset(
        browser.one(".treemap"), 0, 60
    ).perform()
    browser.wait(lambda: bool(browser.texts(".hoverlayer text")))
    assert browser.run(f"return document.querySelectorAll('{MARKUP}').length") == 0
    assert browser.run("return window.hacked") is None


def test_the_page_may_not_use_the_network(browser: Browser, incident: Path) -> None:
    browser.open(incident)
    refused = """
        const done = arguments[0], seen = [];
        document.addEventListener("securitypolicyviolation", (event) => {
          seen.push(event.effectiveDirective);
          if (seen.length === 3) done(seen.sort());
        });
        fetch("http://127.0.0.1:9/").catch(() => {});
        new Image().src = "http://127.0.0.1:9/x.png";
        document.body.append(Object.assign(document.createElement("script"), {textContent: "1"}));
    """
    browser.driver.set_script_timeout(30)
    directives = browser.driver.execute_async_script(refused)
    assert directives == ["connect-src", "img-src", "script-src-elem"]
    assert browser.requests() == [incident.as_uri()]


def test_more_blocks_than_can_be_drawn(browser: Browser, tmp_path: Path) -> None:
    locations = "".join(f"location /{number} {{ }} " for number in range(3000))
    text = http(f"server {{ server_name many; {locations} }} server {{ }}")
    page = make(tmp_path, write(tmp_path, {"nginx.conf": text}))
    browser.open(page)
    assert tiles(browser) == 1 + 2
    click_tile(browser, "server many")
    browser.wait(lambda: tiles(browser) == 1 + 700 + 1)
    assert browser.texts(".below tbody tr")[-1].startswith("2,900 more: ")
    labels = browser.run("return document.querySelector('.treemap').textContent")
    assert "2,300 more" in labels
    assert browser.messages() == []


def test_deep_nesting(browser: Browser, tmp_path: Path) -> None:
    """A block with a single one in it is one level with that; with two, it is one of its own."""
    depth = 750
    text = http("server {" + "location / { location /x { } " * depth + "}" * depth + "}")
    page = make(tmp_path, write(tmp_path, {"nginx.conf": text}))
    browser.open(page)
    assert crumbs(browser) == [str(tmp_path / "nginx.conf")]
    assert browser.texts(".below tbody th") == ["location /", "location /x"]
    assert tiles(browser) == 1 + 3 * 2
    browser.one(".treemap").send_keys(*[Keys.ARROW_RIGHT, Keys.ENTER] * 12)
    browser.wait(lambda: len(crumbs(browser)) == 7)
    assert browser.messages() == []


def test_a_single_chain_is_one_box(browser: Browser, tmp_path: Path) -> None:
    depth = 1500
    text = http("server {" + "location / {" * depth + "}" * depth + "}")
    page = make(tmp_path, write(tmp_path, {"nginx.conf": text}))
    browser.open(page)
    assert tiles(browser) == 1
    assert browser.messages() == []


def test_it_is_read_by_file_server_or_cause(browser: Browser, incident: Path) -> None:
    browser.open(incident)

    def choose(name: str) -> None:
        [button] = [
            one
            for one in browser.driver.find_elements("css selector", ".modes button")
            if one.text == name
        ]
        button.click()
        browser.wait(lambda: button.get_attribute("aria-checked") == "true")

    choose("by server")
    browser.wait(lambda: tiles(browser) == 1 + 80)
    assert browser.texts(".below tbody th")[0] == "server tenant-00.example.com"
    choose("by cause")
    browser.wait(lambda: tiles(browser) < 30)
    first, *_ = browser.texts(".below tbody tr")
    assert first.startswith("CA loads \u203a lua_ssl_trusted_certificate ../ca-bundle.pem 3.3 GiB")
    choose("by file")
    browser.wait(lambda: tiles(browser) == 1 + 8 + 80)
    assert browser.messages() == []


def test_every_box_with_room_has_a_label(browser: Browser, incident: Path) -> None:
    """Room for three letters; and no label is wider than its box."""
    browser.open(incident)
    boxes = browser.run("""
        return [...document.querySelectorAll(".treemap g.slice")].map((slice) => {
          const box = slice.querySelector("path.surface").getBBox();
          const text = slice.querySelector("text.slicetext");
          return [box.width, box.height, text ? text.getBBox().width : 0];
        });""")
    assert len(boxes) == 89
    for width, height, text in boxes:
        assert (text > 0) == (width > 30 and height > 20), (width, height, text)
        assert text <= width


def test_search_dims_the_rest(browser: Browser, incident: Path) -> None:
    browser.open(incident)

    def colors() -> list[str]:
        script = """
            return [...document.querySelectorAll(".treemap g.slice path.surface")].map(
              (box) => getComputedStyle(box).fill);"""
        listed: list[str] = browser.run(script)
        return listed

    before = colors()
    browser.one("input[type=search]").send_keys("tenant-4")
    browser.wait(lambda: colors() != before)
    same = [one for one, other in zip(before, colors(), strict=True) if one == other]
    assert len(same) == 1 + 1 + 10  # all of it, a file, and its servers
    browser.one("input[type=search]").send_keys(Keys.ESCAPE)
    browser.wait(lambda: colors() == before)


def test_a_command_is_copied(browser: Browser, incident: Path) -> None:
    browser.driver.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
    )
    browser.open(incident)
    texts = browser.texts("button.copy")
    assert texts.count("copy command") == 1
    buttons = browser.driver.find_elements("css selector", "button.copy")
    button = buttons[texts.index("copy command")]
    browser.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", button)
    button.click()
    browser.wait(lambda: button.text == "copied")
    pasted = browser.driver.execute_async_script(
        "navigator.clipboard.readText().then(arguments[0], (e) => arguments[0](String(e)))"
    )
    assert pasted == f"memlint check --target debian-12 --fix -- {INCIDENT}"


def test_a_code_leads_to_its_explanation(browser: Browser, incident: Path) -> None:
    browser.open(incident)
    link = browser.one('.finding a.rule[href="#ML101"]')
    browser.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", link)
    link.click()
    browser.wait(
        lambda: bool(browser.run("return document.getElementById('ML101').parentElement.open"))
    )
    assert "Before lua-nginx-module 0.10.26" in browser.one(".rule-page[open]").text
    assert browser.messages() == []


def test_print(browser: Browser, tmp_path: Path) -> None:
    """All configurations are open on paper, and folded again after."""
    page = make(tmp_path, SAMPLES / "crowdsec", SAMPLES / "healthy")
    browser.open(page)
    state = "return [...document.querySelectorAll('details.config')].map((one) => one.open)"
    folded = browser.run(state)
    assert False in folded
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert browser.run(state) == [True, True]
    browser.run("dispatchEvent(new Event('afterprint'))")
    assert browser.run(state) == folded
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert not browser.one(".explorer").is_displayed()
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_several_configurations(browser: Browser, tmp_path: Path) -> None:
    names = ("crowdsec", "broken", "stream", "shared")
    page = make(tmp_path, "--max-memory", "1GiB", *(SAMPLES / name for name in names))
    browser.open(page)
    assert browser.messages() == []
    worst_first = [names[1], names[0], *sorted(names[2:], key=rows(browser).index)]
    assert rows(browser) == worst_first
    assert browser.texts(".overview td:nth-child(5)") == ["1.0 GiB"] * 4
    assert browser.texts(".title .name") == [str(SAMPLES / name) for name in worst_first]
    assert any("missing.conf" in text for text in browser.texts(".problems li"))
    state = "return [...document.querySelectorAll('details.config')].map((one) => one.open)"
    assert browser.run(state) == [True, True, False, False]
    # what is folded is drawn once it is opened
    browser.driver.find_elements("css selector", ".overview a")[2].click()
    browser.wait(lambda: browser.run(state) == [True, True, True, False])
    drawn = "return document.querySelectorAll('#config-3 .treemap g.slice').length"
    browser.wait(lambda: browser.run(drawn) > 0)
    assert browser.messages() == []


def rows(browser: Browser) -> list[str]:
    return [text.rpartition("/")[2] for text in browser.texts(".overview tbody th")]


def test_without_scripts_the_servers_are_a_table(incident: Path) -> None:
    table = (
        incident.read_text().partition('<details class="servers">')[2].partition("</details>")[0]
    )
    assert table.count("<tr>") == 1 + 80
    assert "server tenant-00.example.com" in table
