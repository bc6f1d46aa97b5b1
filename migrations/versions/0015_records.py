"""Make merges, closures, retention and erasures; say of an employment of which kind it is.

New tables, and columns with a default: the previous release goes on working beside them.

Facts are add-only for the service's roles, so what erases and forgets them is two functions of the owner. The worker
may call them and nobody else; neither takes a statement, a table's name or a person from its caller, and a person is
erased only where two people have asked for it and nothing holds the record.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.grants import ADD_ONLY, NEVER_DELETE, grant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = ("erasure", "legal_hold", "person_closure", "identity_move", "identity_correction")
COUNTS = ("retention_count",)
FUNCTIONS = ("erase_person(uuid, timestamptz)", "forget_facts(text, timestamptz)")

ERASE_PERSON = """
CREATE FUNCTION erase_person(which uuid, moment timestamptz) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked erasure;
    everyone uuid[];
    looks uuid[];
    proof jsonb;
BEGIN
    SELECT * INTO asked FROM erasure WHERE id = which FOR UPDATE;
    IF NOT FOUND OR asked.confirmed_at IS NULL OR asked.cancelled_at IS NOT NULL OR asked.erased_at IS NOT NULL THEN
        RAISE EXCEPTION 'this erasure is not to be carried out';
    END IF;
    WITH RECURSIVE same AS (
        SELECT asked.person_id AS id UNION SELECT p.id FROM person p JOIN same ON p.merged_into_id = same.id
    ) SELECT array_agg(id) INTO everyone FROM same;
    IF EXISTS (SELECT FROM legal_hold WHERE person_id = ANY(everyone) AND lifted_at IS NULL)
        OR EXISTS (SELECT FROM recognition_application WHERE person_id = ANY(everyone) AND ended_at IS NULL)
        OR EXISTS (SELECT FROM award_dispute WHERE person_id = ANY(everyone) AND answered_at IS NULL)
        OR EXISTS (SELECT FROM credential WHERE person_id = ANY(everyone) AND state <> 'void' AND revoked_at IS NULL
                   AND expires_at > moment) THEN
        RAISE EXCEPTION 'this record is held, disputed, or has copies that still count';
    END IF;
    SELECT coalesce(array_agg(id), '{}') INTO looks FROM verification WHERE person_id = ANY(everyone);
    proof := jsonb_build_object(
        'people', to_jsonb(everyone),
        'awards', (SELECT count(*) FROM award WHERE person_id = ANY(everyone)),
        'recognitions', (SELECT count(*) FROM recognition WHERE person_id = ANY(everyone)),
        'registrations', (SELECT count(*) FROM registration WHERE person_id = ANY(everyone)),
        'disputes', (SELECT count(*) FROM award_dispute WHERE person_id = ANY(everyone)),
        'shares', (SELECT count(*) FROM share WHERE person_id = ANY(everyone)),
        'verifications', cardinality(looks),
        'copies', (SELECT coalesce(jsonb_agg(encode(claims_sha256, 'hex') ORDER BY id), '[]')
                   FROM credential WHERE person_id = ANY(everyone)),
        'plans', (SELECT coalesce(jsonb_agg(encode(sha256, 'hex') ORDER BY id), '[]')
                  FROM induction_plan WHERE verification_id = ANY(looks)));
    DELETE FROM esr_set_aside s WHERE s.candidates && everyone OR EXISTS (
        SELECT FROM employment e WHERE e.person_id = ANY(everyone) AND e.organisation_id = s.organisation_id
        AND (e.assignment_number = s.row ->> 'Assignment Number' OR e.employee_number = s.row ->> 'Employee Number'));
    DELETE FROM induction_plan WHERE verification_id = ANY(looks);
    DELETE FROM verification WHERE id = ANY(looks);
    UPDATE award_dispute SET words = '', reply = CASE WHEN reply IS NULL THEN NULL ELSE '' END
        WHERE person_id = ANY(everyone);
    UPDATE share_opening SET said_by = '' WHERE share_id IN (SELECT id FROM share WHERE person_id = ANY(everyone));
    UPDATE share SET given_to = '', stopped_at = coalesce(stopped_at, moment) WHERE person_id = ANY(everyone);
    DELETE FROM print_copy WHERE person_id = ANY(everyone);
    UPDATE credential SET claims = '', salts_seed = '', content_hash = '' WHERE person_id = ANY(everyone);
    DELETE FROM register_check WHERE application_id IN (
        SELECT id FROM recognition_application WHERE person_id = ANY(everyone));
    UPDATE pillar_evidence SET title = '', reference = '', assessed_by = '' WHERE application_id IN (
        SELECT id FROM recognition_application WHERE person_id = ANY(everyone));
    UPDATE recognition_application SET programme = left(programme, 0), ending_words = left(ending_words, 0)
        WHERE person_id = ANY(everyone);
    UPDATE withdrawal_request SET words = '' WHERE award_id IN (SELECT id FROM award WHERE person_id = ANY(everyone))
        OR recognition_id IN (SELECT id FROM recognition WHERE person_id = ANY(everyone));
    DELETE FROM reminder WHERE person_id = ANY(everyone);
    DELETE FROM reminder_letter WHERE person_id = ANY(everyone);
    DELETE FROM reminder_choice WHERE person_id = ANY(everyone);
    UPDATE inspection SET reason = '' WHERE person_id = ANY(everyone);
    DELETE FROM contact WHERE person_id = ANY(everyone);
    DELETE FROM invitation WHERE person_id = ANY(everyone);
    DELETE FROM sign_in_code WHERE person_id = ANY(everyone);
    DELETE FROM browser_session WHERE account_id IN (SELECT id FROM account WHERE person_id = ANY(everyone));
    UPDATE account SET name = 'Erased', issuer = NULL, subject = NULL, disabled_at = coalesce(disabled_at, moment)
        WHERE person_id = ANY(everyone);
    DELETE FROM registration WHERE person_id = ANY(everyone);
    DELETE FROM local_training WHERE person_id = ANY(everyone);
    UPDATE employment SET employee_number = NULL, assignment_number = NULL WHERE person_id = ANY(everyone);
    UPDATE legal_hold SET because = '' WHERE person_id = ANY(everyone);
    UPDATE identity_correction SET because = '', decided_because = left(decided_because, 0),
        undone_because = left(undone_because, 0)
        WHERE from_person_id = ANY(everyone) OR to_person_id = ANY(everyone);
    UPDATE person SET passport_number = 'ERASED-' || id, given_name = 'Erased', family_name = 'Record',
        date_of_birth = DATE '1900-01-01', closed_at = coalesce(closed_at, moment) WHERE id = ANY(everyone);
    UPDATE erasure SET erased_at = moment, evidence = proof WHERE id = which;
    RETURN proof;
END $$
"""

# How long what is kept is said in passport/records/data/retention.csv; a record that is held is passed over.
FORGET_FACTS = """
CREATE FUNCTION forget_facts(kind text, before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    held uuid[] := ARRAY(SELECT person_id FROM legal_hold WHERE lifted_at IS NULL);
    gone bigint;
BEGIN
    CASE kind
    WHEN 'induction_evidence' THEN
        DELETE FROM induction_plan p USING verification v WHERE v.id = p.verification_id AND p.decided_at < before
            AND (v.person_id IS NULL OR v.person_id <> ALL(held));
    WHEN 'looks' THEN
        DELETE FROM verification v WHERE v.checked_at < before AND (v.person_id IS NULL OR v.person_id <> ALL(held))
            AND NOT EXISTS (SELECT FROM induction_plan p WHERE p.verification_id = v.id);
    WHEN 'shares' THEN
        DELETE FROM share_opening o USING share s WHERE s.id = o.share_id AND s.expires_at < before
            AND s.person_id <> ALL(held);
        DELETE FROM share s WHERE s.expires_at < before AND s.person_id <> ALL(held);
    WHEN 'dispute_words' THEN
        UPDATE award_dispute SET words = '', reply = '' WHERE answered_at < before AND person_id <> ALL(held)
            AND (words <> '' OR reply <> '');
    ELSE
        RAISE EXCEPTION 'there is no such kind of facts';
    END CASE;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$
"""


def upgrade() -> None:
    """Apply the change."""
    op.add_column("person", sa.Column("merged_into_id", sa.Uuid()))
    op.add_column("person", sa.Column("closed_at", sa.DateTime(timezone=True)))
    op.create_foreign_key(op.f("fk_person_merged_into_id"), "person", "person", ["merged_into_id"], ["id"])
    op.create_check_constraint(op.f("ck_person_merged_into"), "person", "merged_into_id <> id")
    op.create_index(
        op.f("ix_person_merged_into_id"),
        "person",
        ["merged_into_id"],
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.add_column("employment", sa.Column("kind", sa.Text(), nullable=False, server_default="substantive"))
    op.create_check_constraint(
        op.f("ck_employment_kind"),
        "employment",
        "kind IN ('substantive', 'bank', 'agency', 'honorary', 'secondment', 'volunteer')",
    )
    _make_corrections()
    _make_endings()
    op.create_table(
        "retention_count",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("past_time", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_retention_count")),
    )
    grant(TABLES, ADD_ONLY)
    grant(COUNTS, NEVER_DELETE)
    grant(
        ("identity_correction",),
        "UPDATE (state, decided_by, decided_at, decided_because, undone_by, undone_at, undone_because)",
    )
    grant(("person_closure",), "UPDATE (reopened_by, reopened_at)")
    grant(("legal_hold",), "UPDATE (lifted_by, lifted_at)")
    grant(("erasure",), "UPDATE (confirmed_by, confirmed_at, cancelled_by, cancelled_at)")
    op.execute(ERASE_PERSON)
    op.execute(FORGET_FACTS)
    for function in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO passport_worker")


def downgrade() -> None:
    """Take it back."""
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    for table in (*COUNTS, *TABLES):
        op.drop_table(table)
    op.drop_constraint("ck_employment_kind", "employment")
    op.drop_column("employment", "kind")
    op.drop_index("ix_person_merged_into_id", "person")
    op.drop_constraint("ck_person_merged_into", "person")
    op.drop_constraint("fk_person_merged_into_id", "person")
    op.drop_column("person", "closed_at")
    op.drop_column("person", "merged_into_id")


def _make_corrections() -> None:
    op.create_table(
        "identity_correction",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("from_person_id", sa.Uuid(), nullable=False),
        sa.Column("to_person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_because", sa.Text),
        sa.Column("undone_by", sa.Text),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("undone_because", sa.Text),
        sa.CheckConstraint("kind IN ('merge', 'parting')", name=op.f("ck_identity_correction_kind")),
        sa.CheckConstraint(
            "state IN ('proposed', 'refused', 'done', 'undone')", name=op.f("ck_identity_correction_state")
        ),
        sa.CheckConstraint("from_person_id <> to_person_id", name=op.f("ck_identity_correction_people")),
        sa.CheckConstraint(
            "kind = 'parting' OR decided_by <> proposed_by", name=op.f("ck_identity_correction_two_people")
        ),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_identity_correction_decided")),
        sa.CheckConstraint("(state = 'undone') = (undone_at IS NOT NULL)", name=op.f("ck_identity_correction_undone")),
        sa.ForeignKeyConstraint(["from_person_id"], ["person.id"], name=op.f("fk_identity_correction_from_person_id")),
        sa.ForeignKeyConstraint(["to_person_id"], ["person.id"], name=op.f("fk_identity_correction_to_person_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_identity_correction_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_correction")),
    )
    op.create_index(
        "uq_identity_correction_open",
        "identity_correction",
        ["from_person_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'merge' AND state IN ('proposed', 'done')"),
    )
    op.create_index(op.f("ix_identity_correction_from_person_id"), "identity_correction", ["from_person_id"])
    op.create_index(op.f("ix_identity_correction_to_person_id"), "identity_correction", ["to_person_id"])
    op.create_table(
        "identity_move",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("correction_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("new_id", sa.Uuid()),
        sa.Column("displaced_id", sa.Uuid()),
        sa.CheckConstraint(
            "kind IN ('award', 'recognition', 'registration', 'employment', 'local_training', 'contact', 'account', 'dispute')",
            name=op.f("ck_identity_move_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["identity_correction.id"], name=op.f("fk_identity_move_correction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_move")),
    )
    op.create_index(op.f("ix_identity_move_correction_id"), "identity_move", ["correction_id"])


def _make_endings() -> None:
    op.create_table(
        "person_closure",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("employments", JSONB, nullable=False),
        sa.Column("closed_by", sa.Text, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reopened_by", sa.Text),
        sa.Column("reopened_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "reason IN ('died', 'left_for_good', 'recorded_in_error')", name=op.f("ck_person_closure_reason")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_closure_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_closure")),
    )
    op.create_index(
        "uq_person_closure_open",
        "person_closure",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("reopened_at IS NULL"),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("placed_by", sa.Text, nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Text),
        sa.Column("lifted_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_legal_hold_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(
        op.f("ix_legal_hold_person_id"), "legal_hold", ["person_id"], postgresql_where=sa.text("lifted_at IS NULL")
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Text),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("cancelled_by", sa.Text),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.Column("erased_at", sa.DateTime(timezone=True)),
        sa.Column("evidence", JSONB),
        sa.CheckConstraint(
            "ground IN ('person_asked', 'no_longer_needed', 'recorded_in_error')", name=op.f("ck_erasure_ground")
        ),
        sa.CheckConstraint("confirmed_by <> requested_by", name=op.f("ck_erasure_two_people")),
        sa.CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name=op.f("ck_erasure_confirmed")),
        sa.CheckConstraint(
            "erased_at IS NULL OR (confirmed_at IS NOT NULL AND cancelled_at IS NULL)", name=op.f("ck_erasure_erased")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_erasure_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(
        "uq_erasure_open",
        "erasure",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
