"""A workflow that tells which objects it sees, so that a test can compare them with what is outside the sandbox."""

from temporalio import workflow

from schemas.base import Model


@workflow.defn
class Passage:
    @workflow.run
    async def run(self, modules: list[str]) -> dict[str, int]:
        seen = {name: id(__import__(name)) for name in modules}
        return {**seen, "schemas.base.Model": id(Model), "tests.support.passage.Passage": id(type(self))}
