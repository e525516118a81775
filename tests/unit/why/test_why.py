"""Questions with known answers, and answers that the objects bear out."""

import json

import pytest

from support import EXAMPLES, TODAY, polc

BOUTIQUE = EXAMPLES / "boutique" / "policy.svc"
NATIVE = EXAMPLES / "cloud-native" / "policy.svc"


def ask(*words: str, policy=BOUTIQUE):
    run = polc("why", *words, "--policy", policy, "--today", TODAY, "--json")
    assert run.err == ""
    answer = json.loads(run.out)
    assert run.status == (1 if answer["verdict"] == "denied" else 0)
    return answer


def layers(answer) -> dict[str, str]:
    return {step["layer"]: step["verdict"] for step in answer["steps"]}


def test_allowed_by_which_rules():
    answer = ask("cartservice", "redis-cart")
    assert answer["verdict"] == "allowed"
    said, egress, ingress, mesh = answer["steps"]
    assert said["reasons"][0]["text"].startswith("allow ")
    assert egress["reasons"][0]["text"].endswith("of NetworkPolicy boutique/cartservice")
    assert ingress["reasons"][0]["text"] == "rule 1 of NetworkPolicy boutique/redis-cart"
    assert mesh["reasons"][0]["text"] == "rule 1 of AuthorizationPolicy boutique/redis-cart"
    path, line = ingress["reasons"][0]["place"].split(":")
    lines = (BOUTIQUE.parent / path).read_text().splitlines()
    assert lines[int(line) - 1].lstrip().startswith("- from:")


def test_requests():
    service = "/hipstershop.CartService"
    assert ask("checkoutservice", "cartservice")["verdict"] == "partly"
    assert ask("checkoutservice", "cartservice", f"{service}/GetCart")["verdict"] == "partly"
    assert (
        ask("checkoutservice", "cartservice", "post", f"{service}/GetCart")["verdict"] == "allowed"
    )
    answer = ask("checkoutservice", "cartservice", "POST", f"{service}/AddItem")
    assert answer["verdict"] == "denied"
    assert layers(answer)["ingress of boutique/cartservice"] == "allowed"
    assert layers(answer)["mesh at boutique/cartservice"] == "denied"
    assert answer["missing"][0]["text"] == (
        "in service boutique/cartservice: allow from checkoutservice on grpc"
        ' { rpc "hipstershop.CartService/AddItem" }'
    )


@pytest.mark.parametrize("caller", ["boutique/*", "any", "elsewhere/*", "10.1.2.3", "8.8.8.8"])
def test_strangers(caller):
    answer = ask(caller, "redis-cart")
    assert answer["verdict"] == "denied"
    assert layers(answer)["ingress of boutique/redis-cart"] == "denied"


def test_the_internet_comes_in_by_its_gateway():
    answer = ask("internet", "frontend:80")
    assert answer["verdict"] == "allowed"
    assert "boutique.example.com" in answer["notes"][0]
    assert ask("internet", "cartservice")["verdict"] == "denied"


@pytest.mark.parametrize("mesh", ["none", "istio sidecar", "istio ambient"])
def test_every_flow_of_a_program_is_allowed_and_no_other_pair(tmp_path, monkeypatch, mesh):
    text = f"""
cluster c {{ mesh {mesh}  cni kubernetes }}
namespace shop
service web {{ select {{ app: "web" }}  allow to data/db }}
service api {{ select {{ app: "api" }}  port http 80 -> 8080 http  allow from web on http }}
namespace data
service db {{ select {{ app: "db" }}  port sql 5432 postgres  allow from shop/web on sql }}
"""
    (tmp_path / "policy.svc").write_text(text)
    monkeypatch.chdir(tmp_path)
    allowed = {("web", "api"), ("web", "db")}
    for caller in ("web", "api", "db"):
        for callee in ("api", "db"):
            if caller == callee:
                continue
            answer = ask(caller, callee, policy="policy.svc")
            expected = "allowed" if (caller, callee) in allowed else "denied"
            assert answer["verdict"] == expected, (caller, callee, answer)


def test_waypoints_decide_about_requests(tmp_path, monkeypatch):
    (tmp_path / "policy.svc").write_text("""
cluster c { mesh istio ambient  cni kubernetes }
namespace shop
service web { select { app: "web" } }
service api { select { app: "api" }  port http 80 -> 8080 http
  allow from web on http { GET "/a/**" } }
""")
    monkeypatch.chdir(tmp_path)
    answer = ask("web", "api", "GET", "/a/b", policy="policy.svc")
    assert answer["verdict"] == "allowed"
    assert layers(answer)["waypoint of shop"] == "allowed"
    answer = ask("web", "api", "PUT", "/a/b", policy="policy.svc")
    assert answer["verdict"] == "denied"
    assert layers(answer)["waypoint of shop"] == "denied"


def test_an_open_callee_lacks_only_the_caller():
    answer = ask("frontend/frontend", "thumbnails", policy=NATIVE)
    assert answer["verdict"] == "denied"
    assert [each["text"] for each in answer["missing"]] == [
        "in service frontend/frontend: allow to backend/thumbnails on web"
    ]


def test_what_it_advises_permits_it(tmp_path, monkeypatch):
    text = (
        "namespace shop\nservice web { }\nnamespace data\nservice db { port sql 5432 postgres }\n"
    )
    (tmp_path / "policy.svc").write_text(text)
    monkeypatch.chdir(tmp_path)
    answer = ask("web", "db", policy="policy.svc")
    assert answer["verdict"] == "denied"
    for each in answer["missing"]:
        head, _, line = each["text"].partition(": ")
        name = head.rpartition("/")[2]
        start = text.index(f"service {name} {{") + len(f"service {name} {{")
        text = f"{text[:start]} {line} {text[start:]}"
    (tmp_path / "policy.svc").write_text(text)
    assert ask("web", "db", policy="policy.svc")["verdict"] == "allowed"


def test_verbs():
    answer = ask("backend/api", "can", "get", "pods/log", policy=NATIVE)
    assert answer["verdict"] == "allowed"
    assert answer["steps"][1]["reasons"][0]["text"].startswith("rule ")
    answer = ask("backend/api", "can", "delete", "pods", policy=NATIVE)
    assert answer["verdict"] == "denied"
    assert answer["missing"][0]["text"] == "in service backend/api: can delete pods"
    assert (
        ask("backend/api", "can", "get", "pods", "in", "kube-system", policy=NATIVE)["verdict"]
        == "denied"
    )
    assert (
        ask("backend/api", "can", "get", "path", "/healthz", policy=NATIVE)["verdict"] == "allowed"
    )


def test_verbs_on_named_objects(tmp_path, monkeypatch):
    (tmp_path / "policy.svc").write_text(
        'namespace shop\nservice api { can get configmaps named "settings" }\n'
    )
    monkeypatch.chdir(tmp_path)
    assert ask("api", "can", "get", "configmaps", policy="policy.svc")["verdict"] == "partly"
    for name, verdict in (("settings", "allowed"), ("other", "denied")):
        answer = ask("api", "can", "get", "configmaps", name, policy="policy.svc")
        assert answer["verdict"] == verdict


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("frontned", "cartservice"), "did you mean `frontend`?"),
        (("frontend", "cartservice:web"), "has no port `web`; it has `grpc`"),
        (("frontend",), "that is no question"),
        (("frontend", "can", "get", "podz"), "no resource `podz`"),
        (("istio-ingress", "can", "get", "pods"), "no service of the program"),
        (("cartservice", "loadgenerator"), "name one, as in"),
    ],
)
def test_no_answer(words, message):
    run = polc("why", *words, "--policy", BOUTIQUE, "--today", TODAY)
    assert run.status == 2
    assert message in run.err


def test_text_names_the_place_of_the_line():
    run = polc("why", "emailservice", "cartservice", "--policy", BOUTIQUE, "--today", TODAY)
    assert run.status == 1
    assert run.out.startswith("denied: boutique/emailservice -> boutique/cartservice on grpc")
    assert (
        "to permit it, write\n  in service boutique/cartservice: allow from emailservice" in run.out
    )
