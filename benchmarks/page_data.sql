-- Fills a registry for measuring pages (see page_data.py). Statements end with a semicolon at the end of a line.

-- People, their employers and employments: three of ten at the large employer, which is as many as the largest trusts have.
CREATE TEMP TABLE invented ON COMMIT DROP AS
SELECT n, uuidv7() AS id, CASE WHEN n % 10 < 3 THEN :large WHEN n % :trusts = 9 THEN :small
       ELSE 'Z' || lpad(CAST(n % :trusts AS text), 4, '0') END AS ods
FROM generate_series(1, :people) AS n;
ANALYZE invented;
INSERT INTO organisation (ods_code, name, kind, source, recorded_at)
SELECT 'Z' || lpad(CAST(n AS text), 4, '0'), 'Invented Trust ' || n, 'nhs_trust', 'invented', :now
FROM generate_series(0, :trusts) AS n;
INSERT INTO person (id, passport_number, given_name, family_name, date_of_birth, recorded_at)
SELECT id, lpad(CAST(n AS text), 9, '0'),
       (ARRAY['Ada', 'Bilal', 'Cerys', 'Dev', 'Esi', 'Finn', 'Grace', 'Hana', 'Ivo', 'Jia'])[1 + (hashint4(n) & 65535) % 10] ||
       (ARRAY['', '-Lee', '-May', '-Rae'])[1 + (hashint4(n + 1) & 65535) % 4],
       (ARRAY['Made', 'Mock', 'Pretend', 'Sample', 'Test', 'Unreal', 'Nobody', 'Fable', 'Ghost', 'Story',
              'Invent', 'Dream', 'Fancy', 'Blank', 'Guise', 'Legend', 'Myth', 'Novel', 'Odd', 'Quaint'])[1 + (hashint4(n + 2) & 65535) % 20]
       || (ARRAY['by', 'ford', 'ham', 'ley', 'son', 'ton', 'well', 'wood', 'worth', 'wick'])[1 + (hashint4(n + 3) & 65535) % 10],
       date '1960-01-01' + n * 37 % 14000, :now
FROM invented;
INSERT INTO employment (person_id, organisation_id, employee_number, assignment_number, started_on)
SELECT invented.id, organisation.id, CAST(30000000 + n AS text), CAST(30000000 + n AS text), date '2020-04-01'
FROM invented JOIN organisation ON ods_code = ods;

-- A dozen awards and one live passport for each.
INSERT INTO award (person_id, organisation_id, standard_id, framework_version_id, part, awarded_on, delivery,
                   assessed, verification_method, pedigree, recorded_at, recorded_by)
SELECT invented.id, organisation.id, standard.id, version.id, 0,
       CAST(:now AS date) - CAST((n * 7 + number * 31) % 300 AS integer), 'e_learning', true, 'document_and_record', 'authoritative', :now,
       'operator'
FROM invented JOIN organisation ON ods_code = ods
CROSS JOIN (SELECT id, framework_id, row_number() OVER (ORDER BY code) AS number FROM standard
            WHERE kind = 'statutory' LIMIT 12) AS standard
JOIN LATERAL (SELECT id FROM framework_version WHERE framework_id = standard.framework_id LIMIT 1) AS version ON true;
-- The Academy awarded one of its credentials to every fifth person.
INSERT INTO award (person_id, organisation_id, standard_id, framework_version_id, part, awarded_on, delivery,
                   assessed, verification_method, pedigree, recorded_at, recorded_by)
SELECT invented.id, academy.id, standard.id, version.id, 0, CAST(:now AS date) - CAST(n % 900 AS integer),
       'e_learning', true, 'document_and_record', 'authoritative', :now - interval '1 minute' * n, 'operator'
FROM invented CROSS JOIN (SELECT id FROM organisation WHERE kind = 'academy' ORDER BY id LIMIT 1) AS academy
JOIN (SELECT id, framework_id, row_number() OVER (ORDER BY code) - 1 AS place, count(*) OVER () AS standards
      FROM standard WHERE kind = 'credential') AS standard ON standard.place = n / 5 % standard.standards
JOIN LATERAL (SELECT id FROM framework_version WHERE framework_id = standard.framework_id LIMIT 1) AS version ON true
WHERE n % 5 = 0;
INSERT INTO status_list (kid, size, used, closed_at) SELECT kid, size, :people, :now FROM status_list LIMIT 1;
INSERT INTO status_entry (list_number, index) SELECT number, n FROM invented
CROSS JOIN (SELECT max(number) AS number FROM status_list) AS list;
INSERT INTO credential (person_id, organisation_id, carrier, state, kid, list_number, status_index, salts_seed,
                        claims, claims_sha256, content_hash, signature, requested_by, planned_at, issued_at, expires_at)
SELECT invented.id, organisation.id, 'sd_jwt', 'issued', kid, number, n, '', '', '', '', '', 'operator',
       :now, :now, :now + interval '90 days'
FROM invented JOIN organisation ON ods_code = ods
CROSS JOIN (SELECT number, kid FROM status_list ORDER BY number DESC LIMIT 1) AS list;

-- An account for each, and programs.
CREATE TEMP TABLE owner_of_account ON COMMIT DROP AS
SELECT uuidv7() AS account_id, invented.id AS person_id, given_name || ' ' || family_name AS name, ods
FROM invented JOIN person USING (id);
INSERT INTO account (id, name, person_id, recorded_at) SELECT account_id, name, person_id, :now FROM owner_of_account;
INSERT INTO role_grant (account_id, organisation_id, role, source, granted_at, granted_by)
SELECT account_id, organisation.id, 'staff', 'claim', :now, 'operator'
FROM owner_of_account JOIN organisation ON ods_code = ods;
INSERT INTO api_client (client_id, organisation_id, name, algorithm, scopes, recorded_at)
SELECT 'invented-' || n, id, 'Invented program ' || n, 'ES256', '{verify}', :now
FROM generate_series(1, 500) AS n CROSS JOIN organisation WHERE ods_code = :large;

-- What waits for somebody, and what was done: disputes, imports, rows set aside, checks, plans, shares, jobs.
INSERT INTO award_dispute (award_id, person_id, organisation_id, reason, words, raised_at)
SELECT id, person_id, organisation_id, 'incorrect', 'The date is not right.', :now - interval '1 minute' * row_number() OVER ()
FROM award WHERE id IN (SELECT id FROM award WHERE ended_at IS NULL AND organisation_id = :large_id LIMIT 2000);
INSERT INTO esr_import (organisation_id, file_sha256, layout, dry_run, state, row_count, rows_read, counts, requested_by, started_at)
SELECT organisation_id, file_sha256, layout, false, 'finished', row_count, rows_read, counts, 'operator', :now - interval '1 hour' * n
FROM generate_series(1, 1000) AS n
CROSS JOIN (SELECT * FROM esr_import WHERE organisation_id = :large_id ORDER BY id DESC LIMIT 1) AS imported;
INSERT INTO esr_set_aside (organisation_id, import_id, line, reason, row, row_hash, candidates, recorded_at)
SELECT organisation_id, import_id, 1000 + n, reason, row, row_hash, candidates, :now
FROM generate_series(1, 5000) AS n CROSS JOIN (SELECT * FROM esr_set_aside LIMIT 1) AS aside;
INSERT INTO esr_row_note (import_id, line, code, sentence)
SELECT import_id, 100000 + n, code, sentence
FROM generate_series(1, 5000) AS n CROSS JOIN (SELECT * FROM esr_row_note LIMIT 1) AS note;
INSERT INTO verification (organisation_id, actor, carrier, outcome, person_id, verdict, evidence, checked_at)
SELECT organisation_id, actor, carrier, outcome, CASE WHEN n <= 500 THEN person_id END, verdict, evidence,
       :now - interval '2 days' - interval '1 minute' * n
FROM generate_series(1, 20000) AS n CROSS JOIN (SELECT * FROM verification LIMIT 1) AS checked;
INSERT INTO verification (organisation_id, actor, carrier, outcome, verdict, evidence, checked_at)
SELECT organisation_id, actor, carrier, outcome, verdict, evidence, :now - interval '1 minute' * n
FROM generate_series(1, 40) AS n CROSS JOIN (SELECT * FROM verification ORDER BY id LIMIT 1) AS checked;
INSERT INTO induction_plan (organisation_id, verification_id, profile_id, profile_version, policy_id, policy_version,
                            starts_on, decided_at, decided_by, plan, evidence, sha256)
SELECT organisation_id, verification_id, profile_id, profile_version, policy_id, policy_version,
       starts_on + n / 50, :now - interval '1 minute' * n, decided_by, plan, evidence, sha256
FROM generate_series(1, 5000) AS n CROSS JOIN (SELECT * FROM induction_plan LIMIT 1) AS decided;
INSERT INTO share (person_id, given_to, award_ids, with_registrations, with_practice, link_hash, code_hash, openings, wrong_answers,
                   made_at, expires_at)
SELECT person_id, 'Invented agency', '{}', false, false, sha256(CAST('link' || n AS bytea)), sha256(CAST('code' || n AS bytea)), 0, 0,
       :now - interval '1 day' * n, :now - interval '1 day' * n + interval '10 days'
FROM generate_series(1, 60) AS n CROSS JOIN (SELECT person_id FROM verification ORDER BY id LIMIT 1) AS shown;
INSERT INTO share_opening (share_id, at, outcome, said_by) SELECT id, made_at + interval '1 hour', 'opened', 'Invented agency'
FROM share CROSS JOIN generate_series(1, 5);
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) SELECT 'default', 'invented.work', '{}', 'succeeded'
FROM generate_series(1, 20000);
