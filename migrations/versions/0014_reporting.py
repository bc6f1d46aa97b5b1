"""Make the summaries of the workforce picture, and establishments.

Who counts where is kept by the database itself: after each statement that changes recognitions, applications, awards of
credentials or employments, the people concerned are counted again, in the same transaction. A statement of 200,000
awards costs one look at them. Only new tables and triggers: the previous release goes on working beside them.
"""

import sqlalchemy as sa
from alembic import op

from migrations.grants import ADD_ONLY, EVERYTHING, grant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# The functions run as their owner, so that the service's roles can read these tables without being able to forge them.
AS_OWNER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
# "nurse" and "Nurse" are one profession.
PROFESSION = "upper(left(btrim(base_profession), 1)) || substr(btrim(base_profession), 2)"
COUNT_AGAIN = f"""
    CREATE FUNCTION workforce_count_again(people uuid[]) RETURNS void {AS_OWNER} AS $$
    DECLARE gone workforce_stint[];
    BEGIN
        WITH d AS (DELETE FROM workforce_stint s WHERE s.person_id = ANY(people) RETURNING s)
        SELECT array_agg(s) INTO gone FROM d;
        WITH fact AS (
            SELECT person_id, level AS measure, {PROFESSION} AS category,
                   recognised_on AS from_on, (ended_at AT TIME ZONE 'UTC')::date AS until_on
            FROM recognition WHERE person_id = ANY(people)
            UNION ALL
            SELECT person_id, 'trainee', {PROFESSION}, begun_on, (ended_at AT TIME ZONE 'UTC')::date
            FROM recognition_application WHERE person_id = ANY(people)
            UNION ALL
            SELECT a.person_id, 'credential', s.code, a.awarded_on,
                   least((a.ended_at AT TIME ZONE 'UTC')::date, a.valid_until + 1)
            FROM award a JOIN standard s ON s.id = a.standard_id AND s.kind = 'credential'
            WHERE a.person_id = ANY(people)
        ), together AS (
            SELECT f.person_id, e.organisation_id, f.measure, f.category,
                   unnest(range_agg(daterange(f.from_on, f.until_on) * daterange(e.started_on, e.ended_on + 1))) AS days
            FROM fact f JOIN employment e ON e.person_id = f.person_id
            WHERE (f.until_on IS NULL OR f.until_on > f.from_on)
            GROUP BY f.person_id, e.organisation_id, f.measure, f.category
        ), added AS (
            INSERT INTO workforce_stint (person_id, organisation_id, measure, category, from_month, until_month)
            SELECT person_id, organisation_id, measure, category,
                   date_trunc('month', lower(days))::date, date_trunc('month', upper(days))::date
            FROM together
            WHERE upper(days) IS NULL OR date_trunc('month', lower(days)) < date_trunc('month', upper(days))
            RETURNING *
        ), moved AS (
            SELECT organisation_id, measure, category, from_month AS month, 1 AS step FROM added
            UNION ALL SELECT organisation_id, measure, category, until_month, -1 FROM added
            UNION ALL SELECT organisation_id, measure, category, from_month, -1 FROM unnest(gone)
            UNION ALL SELECT organisation_id, measure, category, until_month, 1 FROM unnest(gone)
        )
        INSERT INTO workforce_movement (organisation_id, measure, category, month, people)
        SELECT organisation_id, measure, category, month, sum(step) FROM moved WHERE month IS NOT NULL
        GROUP BY organisation_id, measure, category, month HAVING sum(step) <> 0;
    END $$
"""  # noqa: S608 (our own constants)
OF_CREDENTIALS = "WHERE c.standard_id IN (SELECT id FROM standard WHERE kind = 'credential')"
# Whoever holds nothing that is counted, as nearly all staff, is not counted again.
WHO_HOLDS = """SELECT array_agg(DISTINCT h.person_id) INTO people FROM (
                SELECT person_id FROM recognition WHERE person_id = ANY(people)
                UNION ALL SELECT person_id FROM recognition_application WHERE person_id = ANY(people)
                UNION ALL SELECT a.person_id FROM award a
                    JOIN standard s ON s.id = a.standard_id AND s.kind = 'credential'
                    WHERE a.person_id = ANY(people)
                UNION ALL SELECT person_id FROM workforce_stint WHERE person_id = ANY(people)
            ) h;"""
# Which rows of each table are of interest, and who of their people.
CONCERNED = {
    "recognition": ("", ""),
    "recognition_application": ("", ""),
    "award": (OF_CREDENTIALS, ""),
    "employment": ("", WHO_HOLDS),
}
EVENTS = {
    "insert": ("NEW TABLE AS added", "SELECT * FROM added"),
    "update": ("OLD TABLE AS gone NEW TABLE AS added", "SELECT * FROM gone UNION ALL SELECT * FROM added"),
    "delete": ("OLD TABLE AS gone", "SELECT * FROM gone"),
}


def upgrade() -> None:
    """Apply the change."""
    _kept_by_the_database()
    _kept_by_jobs()
    _establishments()
    op.execute(COUNT_AGAIN)
    op.execute("REVOKE ALL ON FUNCTION workforce_count_again FROM PUBLIC")
    for table in CONCERNED:
        for event in EVENTS:
            op.execute(_trigger(table, event))
    op.execute("SELECT workforce_count_again(array_agg(id)) FROM person")
    grant(("workforce_stint",), "SELECT")
    grant(("workforce_movement",), EVERYTHING)
    grant(("month_count", "national_count"), ADD_ONLY)
    grant(("compliance_count",), EVERYTHING)
    grant(("establishment", "establishment_line"), ADD_ONLY)


def downgrade() -> None:
    """Take it back."""
    for table in CONCERNED:
        for event in EVENTS:
            op.execute(f"DROP TRIGGER {table}_workforce_{event} ON {table}")
            op.execute(f"DROP FUNCTION {table}_workforce_{event}")
    op.execute("DROP FUNCTION workforce_count_again")
    for table in (
        "establishment_line", "establishment", "compliance_count", "national_count", "month_count",
        "workforce_movement", "workforce_stint",
    ):  # fmt: skip
        op.drop_table(table)


def _trigger(table: str, event: str) -> str:
    name, (where, narrow), (transition, rows) = f"{table}_workforce_{event}", CONCERNED[table], EVENTS[event]
    return f"""
        CREATE FUNCTION {name}() RETURNS trigger {AS_OWNER} AS $$
        DECLARE people uuid[];
        BEGIN
            SELECT array_agg(DISTINCT c.person_id) INTO people FROM ({rows}) c {where};
            IF people IS NULL THEN RETURN NULL; END IF;
            -- Two transactions that change facts of one person take turns, and the second sees what the first did.
            PERFORM FROM person WHERE id = ANY(people) ORDER BY id FOR NO KEY UPDATE;
            {narrow}
            IF people IS NOT NULL THEN PERFORM workforce_count_again(people); END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER {name} AFTER {event} ON {table}
            REFERENCING {transition} FOR EACH STATEMENT EXECUTE FUNCTION {name}()
    """  # noqa: S608 (our own constants)


def _kept_by_the_database() -> None:
    op.create_table(
        "workforce_stint",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("until_month", sa.Date()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workforce_stint")),
    )
    op.create_index(op.f("ix_workforce_stint_person_id"), "workforce_stint", ["person_id"], unique=False)
    op.create_table(
        "workforce_movement",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workforce_movement")),
    )
    op.create_index(
        op.f("ix_workforce_movement_measure_category_month"),
        "workforce_movement",
        ["measure", "category", "month"],
        unique=False,
        postgresql_include=["organisation_id", "people"],
    )
    op.create_index(
        op.f("ix_workforce_movement_organisation_id_measure"),
        "workforce_movement",
        ["organisation_id", "measure"],
        unique=False,
    )


def _kept_by_jobs() -> None:
    op.create_table(
        "month_count",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("people > 0", name=op.f("ck_month_count_people")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_month_count_organisation_id")),
        sa.PrimaryKeyConstraint("measure", "month", "category", "organisation_id", name=op.f("pk_month_count")),
    )
    op.create_table(
        "national_count",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("small", sa.Float()),
        sa.Column("beyond", sa.Float()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("measure", "month", "category", name=op.f("pk_national_count")),
    )
    op.create_table(
        "compliance_count",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "state IN ('current', 'within_90', 'within_30', 'in_part', 'unclear', 'lapsed', 'never')",
            name=op.f("ck_compliance_count_state"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_compliance_count_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "subject", "state", name=op.f("pk_compliance_count")),
    )


def _establishments() -> None:
    op.create_table(
        "establishment",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_establishment_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_establishment")),
        sa.UniqueConstraint("organisation_id", "version", name=op.f("uq_establishment_organisation_id_version")),
    )
    op.create_table(
        "establishment_line",
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.CheckConstraint("measure IN ('advanced', 'credential')", name=op.f("ck_establishment_line_measure")),
        sa.CheckConstraint("required BETWEEN 0 AND 100000", name=op.f("ck_establishment_line_required")),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["establishment.id"], name=op.f("fk_establishment_line_establishment_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_establishment_line_organisation_id")
        ),
        sa.PrimaryKeyConstraint(
            "establishment_id", "organisation_id", "measure", "category", name=op.f("pk_establishment_line")
        ),
    )
