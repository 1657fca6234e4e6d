"""A small store whose update is extracted for a study, for questions and couplings."""

import fastavro
import pyrage
import pytest
from program import ocmw
from study_room import APPROVALS, MADE, Room, is_wanted, protocol_of

from schemas.log import write_log


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """Return a store of 1,200 persons with one extraction."""
    folder = tmp_path_factory.mktemp("research")
    made = Room(folder, folder / "store", pyrage.x25519.Identity.generate())
    made_all, claims = folder / "all.avro", folder / "c.avro"
    ocmw("generate", "--persons", 1200, "--from", "2022-04", "--to", "2024-06", "--out", made_all)
    with made_all.open("rb") as file:
        records = [(name.rpartition(".")[2], body) for name, body in fastavro.reader(file, return_record_name=True)]
    write_log(claims, (record for record in records if is_wanted(*record)))
    assert ocmw("replay", claims, "--store", made.store).returncode == 0
    (folder / "approvals.yaml").write_text(APPROVALS, encoding="utf-8")
    variables = "\n".join(f'{name} = "the model"' for name in MADE if name != "status")
    text = protocol_of(str(made.identity.to_public()), variables=variables, kinds='["person_month", "spell"]')
    (folder / "mobility.toml").write_text(text, encoding="utf-8")
    assert ocmw("keys", "study", folder / "mobility.key").returncode == 0
    done = made.run("extract", folder / "mobility.toml", "--store", made.store, "--out", folder / "x")
    assert done.returncode == 0, done.stderr
    return made
