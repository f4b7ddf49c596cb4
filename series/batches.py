from odoo import tools


def commit_batch(env):
    """Commit what a job has done so far, so that it holds no lock for long. Not in tests, which are rolled back.

    :param odoo.api.Environment env: of the job
    """
    if not tools.config["test_enable"]:
        env.cr.commit()  # pylint: disable=invalid-commit
