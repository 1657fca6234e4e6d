"""Approval, seal and verification: who let a release out, and whether it is as it was then."""

import base64
import hashlib
import json
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from program import Done, ocmw
from published import key_of, replayed, tree_of

from sinks.public.tree import PublicTree


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store of four sealed releases, the key that sealed them and its public half."""
    folder = tmp_path_factory.mktemp("sealed")
    key, _ = key_of(folder)
    replayed(folder / "store", "2024-01", "2024-02", "2024-03", "2024-04", OCMW_SEAL_KEY_FILE=str(key))
    return folder


def verify(store: Path, public: Path, *further: object) -> Done:
    return ocmw("verify", "--store", store, "--key", public, *further)


# Seals


def test_a_key_is_written_for_its_owner_alone_and_its_public_half_printed(tmp_path: Path) -> None:
    done = ocmw("keys", "sign", "--out", tmp_path / "k")
    public, number = done.stdout.split()[2], done.stdout.split()[-1]
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o600
    assert number == hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]
    assert ocmw("keys", "sign", "--out", tmp_path / "k").returncode == 1


def test_the_signature_is_over_release_manifest_seal_before_and_key(room: Path) -> None:
    public = base64.b64decode((room / "seal.key.pub").read_text(encoding="utf-8"))
    before = "-"
    for number in (1, 2, 3, 4):
        path = room / "store" / "public" / "seals" / f"{number:06d}.json"
        seal = json.loads(path.read_bytes())
        manifest = (room / "store" / "public" / "releases" / f"{number:06d}.json").read_bytes()
        assert seal["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()
        signed = f"ocmw-seal-v1\n{number}\n{seal['manifest_sha256']}\n{before}\n{seal['key_id']}"
        Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(seal["signature"]), signed.encode())
        before = hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_whole_tree_is_said_to_be_whole(room: Path) -> None:
    done = verify(room / "store", room / "seal.key.pub")
    assert done.returncode == 0
    assert done.stdout.startswith("Releases 1 to 4: 4 sealed, chain whole, ")
    assert "files as published, by key " in done.stdout
    assert "--head" in done.stdout


@tried(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_changed_byte_anywhere_is_found_and_named(room: Path, tmp_path: Path, data: st.DataObject) -> None:
    store = tmp_path / "changed"
    shutil.rmtree(store, ignore_errors=True)
    shutil.copytree(room / "store" / "public", store / "public")
    name = data.draw(st.sampled_from(sorted(tree_of(store))))
    path = store / "public" / name
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(content))
    done = verify(store, room / "seal.key.pub")
    assert done.returncode == 1
    assert Path(name).name[:6] in done.stdout.replace("\n", "")


@pytest.mark.parametrize("gone", ["current.json", "releases/000002.json", "seals/000002.json", "a file"])
def test_what_is_missing_is_found(room: Path, tmp_path: Path, gone: str) -> None:
    store = Path(shutil.copytree(room / "store" / "public", tmp_path / "public"))
    path = min((store / "files").iterdir()) if gone == "a file" else store / gone
    path.unlink()
    assert verify(tmp_path, room / "seal.key.pub").returncode == 1


def test_what_is_foreign_is_found(room: Path, tmp_path: Path) -> None:
    store = Path(shutil.copytree(room / "store" / "public", tmp_path / "public"))
    (store / "files" / "strange").write_bytes(b"x")
    done = verify(tmp_path, room / "seal.key.pub")
    assert (done.returncode, "foreign" in done.stdout) == (1, True)


def test_another_key_did_not_seal_this(room: Path, tmp_path: Path) -> None:
    _, other = key_of(tmp_path)
    done = verify(room / "store", other)
    assert (done.returncode, "foreign" in done.stdout) == (1, True)


def test_unsealed_releases_are_said_to_be_so_and_sealed_later_oldest_first(tmp_path: Path) -> None:
    key, public = key_of(tmp_path)
    replayed(tmp_path / "store", "2024-01", "2024-02")
    assert verify(tmp_path / "store", public).returncode == 3
    assert ocmw("seal", "--store", tmp_path / "store").returncode == 2
    done = ocmw("seal", "--store", tmp_path / "store", OCMW_SEAL_KEY_FILE=str(key))
    assert done.stdout.startswith("2 releases sealed")
    assert verify(tmp_path / "store", public).returncode == 0


def test_a_cut_off_end_is_seen_by_whoever_kept_a_seal(room: Path, tmp_path: Path) -> None:
    store = Path(shutil.copytree(room / "store" / "public", tmp_path / "public"))
    last = store / "seals" / "000004.json"
    head = hashlib.sha256(last.read_bytes()).hexdigest()
    named = PublicTree(store).manifest(4).files.keys() - PublicTree(store).manifest(3).files.keys()
    for sha256 in named:
        (store / "files" / sha256).unlink()
    last.unlink()
    (store / "releases" / "000004.json").unlink()
    (store / "current.json").write_text('{"release": 3}\n', encoding="utf-8")
    assert verify(tmp_path, room / "seal.key.pub").returncode == 0
    done = verify(tmp_path, room / "seal.key.pub", "--head", head)
    assert (done.returncode, "cut off" in done.stdout) == (1, True)


def test_one_release_alone_can_be_verified(room: Path) -> None:
    done = verify(room / "store", room / "seal.key.pub", "--release", 2)
    assert done.stdout.startswith("Release 2: 1 sealed, chain whole, ")
    assert verify(room / "store", room / "seal.key.pub", "--release", 9).returncode == 2
    assert verify(room / "store", Path("no key")).returncode == 2


def test_a_new_key_is_signed_by_the_old_one_and_both_verify_all(room: Path, tmp_path: Path) -> None:
    store = Path(shutil.copytree(room / "store", tmp_path / "store"))
    new, new_public = key_of(tmp_path, "new.key")
    refused = ocmw("seal", "--store", store, OCMW_SEAL_KEY_FILE=str(new))
    assert refused.returncode == 0  # nothing is unsealed
    assert ocmw("keys", "rotate-seal", "--from", room / "seal.key", "--to", new, "--store", store).returncode == 0
    replayed(store, "2024-05", OCMW_SEAL_KEY_FILE=str(new))
    assert verify(store, room / "seal.key.pub").returncode == 0
    assert verify(store, new_public).returncode == 0
    refused = ocmw("replay", _next(store), "--store", store, OCMW_SEAL_KEY_FILE=str(room / "seal.key"))
    assert refused.returncode == 1
    assert "rotate-seal" in refused.stderr


def _next(store: Path) -> Path:
    from published import update  # noqa: PLC0415 - beside what needs it

    return update(store.parent, "2024-06")


# Approval


def required(key: Path) -> dict[str, str]:
    return {"OCMW_RELEASE_APPROVAL": "required", "OCMW_SEAL_KEY_FILE": str(key)}


def approve(store: Path, number: int, settings: dict[str, str], by: str = "A. Peeters") -> Done:
    return ocmw("approve", number, "--store", store, "--by", by, "--reference", "2026/14", **settings)


def test_nothing_is_public_before_somebody_approves_and_then_all_of_it_is(tmp_path: Path) -> None:
    key, public = key_of(tmp_path)
    store, settings = tmp_path / "store", required(key)
    replayed(store, "2024-01", "2024-02", "2024-03", **settings)
    assert tree_of(store) == {}
    assert approve(store, 2, settings).returncode == 0
    tree = PublicTree.of(store)
    assert tree.numbers() == (2,)
    approval = tree.manifest(2).approval
    assert approval is not None
    assert (approval.by, approval.reference) == ("A. Peeters", "2026/14")
    assert verify(store, public).stdout.splitlines()[0].endswith("approved by A. Peeters")


def test_an_approval_is_said_again_but_never_changed_and_what_lies_below_is_skipped(tmp_path: Path) -> None:
    key, public = key_of(tmp_path)
    store, settings = tmp_path / "store", required(key)
    replayed(store, "2024-01", "2024-02", "2024-03", **settings)
    assert approve(store, 2, settings).returncode == 0
    before = tree_of(store)
    assert approve(store, 2, settings).returncode == 0
    assert approve(store, 2, settings, by="B. Maes").returncode == 1
    assert approve(store, 1, settings).returncode == 1
    assert approve(store, 7, settings).returncode == 1
    assert tree_of(store) == before
    assert approve(store, 3, settings).returncode == 0
    assert PublicTree.of(store).numbers() == (2, 3)
    assert verify(store, public).returncode == 0


@pytest.mark.parametrize(("by", "code"), [("", 2), ("x" * 200, 1), ("x" * 201, 2), ("a\nb", 2), (" a", 2)])
def test_a_name_has_1_to_200_characters_that_can_be_read(room: Path, by: str, code: int) -> None:
    settings = {"OCMW_SEAL_KEY_FILE": str(room / "seal.key")}
    assert approve(room / "store", 4, settings, by=by).returncode == code  # 1: release 4 is published already


def test_approval_without_a_key_is_asked_wrongly(tmp_path: Path) -> None:
    settings = {"OCMW_RELEASE_APPROVAL": "required"}
    done = ocmw("replay", tmp_path / "nothing.avro", "--store", tmp_path / "store", **settings)
    assert done.returncode == 2
    assert "OCMW_SEAL_KEY_FILE" in done.stderr
    assert approve(tmp_path / "store", 1, {}).returncode == 2


def test_an_export_of_the_public_zone_shows_what_was_let_out_and_no_more(tmp_path: Path) -> None:
    key, _ = key_of(tmp_path)
    store, settings = tmp_path / "store", required(key)
    replayed(store, *(f"2024-{month:02d}" for month in range(1, 10)), **settings)

    def public_rows(**environment: str) -> int:
        done = ocmw("export", "--store", store, "--format", "csv", "--out", tmp_path / "figures.csv", **environment)
        assert done.returncode == 0, done.stderr
        return len((tmp_path / "figures.csv").read_text(encoding="utf-8").splitlines()) - 1

    let_out = public_rows()
    assert let_out > 0
    assert public_rows(**settings) == 0
    assert approve(store, 8, settings).returncode == 0
    assert 0 < public_rows(**settings) == public_rows() < let_out
    refused = ocmw("export", "--store", store, "--release", 9, "--format", "csv", "--out", tmp_path / "f", **settings)
    assert (refused.returncode, "release 9 is not published" in refused.stderr) == (1, True)
