"""The statements that make the partitioned tables, and the one door by which the application may make and drop partitions.

The application's role owns nothing and may make no tables; the two functions act with the owner's rights, on these tables alone.
Journal partitions hold a day, the others a month, by the name of their first day.
"""

from __future__ import annotations

JOURNAL = """
CREATE TABLE streams_journal (
    id bigint GENERATED ALWAYS AS IDENTITY,
    received_at timestamptz NOT NULL,
    writer bigint NOT NULL,
    count integer NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    evaluated boolean NOT NULL DEFAULT false,
    packed boolean NOT NULL DEFAULT false,
    body bytea NOT NULL
) PARTITION BY RANGE (received_at);
ALTER TABLE streams_journal ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX streams_journal_id ON streams_journal (id);
CREATE INDEX streams_journal_unevaluated ON streams_journal (id) WHERE NOT evaluated;
CREATE INDEX streams_journal_unpacked ON streams_journal (id) WHERE NOT packed;
"""

PIECES = """
CREATE TABLE streams_piece (
    point integer NOT NULL,
    hour timestamptz NOT NULL,
    batch bigint NOT NULL,
    count integer NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (point, hour, batch)
);
ALTER TABLE streams_piece ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX streams_piece_hour ON streams_piece (hour);
"""

HOURS = """
CREATE TABLE streams_hour (
    point integer NOT NULL,
    hour timestamptz NOT NULL,
    count integer NOT NULL,
    minutes bytea NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (point, hour)
) PARTITION BY RANGE (hour);
ALTER TABLE streams_hour ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE streams_hour ALTER COLUMN minutes SET STORAGE EXTERNAL;
"""

# The figures of an hour lie in the index itself, a point's hours side by side: a year is read without the table.
ROLLS = """
CREATE TABLE streams_roll (
    point integer NOT NULL,
    hour timestamptz NOT NULL,
    count integer NOT NULL,
    bad integer NOT NULL,
    low real NOT NULL,
    mean real NOT NULL,
    high real NOT NULL,
    PRIMARY KEY (point, hour) INCLUDE (count, bad, low, mean, high)
) PARTITION BY RANGE (hour);
"""

MAKE = """
CREATE FUNCTION streams_make_partitions(kind text, day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    first date; behind date; part text;
BEGIN
    IF kind NOT IN ('journal', 'hour', 'roll') THEN RAISE EXCEPTION 'no such table: %', kind; END IF;
    first := CASE kind WHEN 'journal' THEN day ELSE date_trunc('month', day)::date END;
    behind := CASE kind WHEN 'journal' THEN first + 1 ELSE (first + interval '1 month')::date END;
    part := format('streams_%s_%s', kind, to_char(first, 'YYYYMMDD'));
    IF to_regclass(part) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('streams_make_partitions'));
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part,
            'streams_' || kind, first::timestamp AT TIME ZONE 'UTC', behind::timestamp AT TIME ZONE 'UTC');
    END IF;
END $$;
"""

DROP = """
CREATE FUNCTION streams_drop_partitions(kind text, before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    part record; dropped integer := 0; open_rows boolean;
BEGIN
    IF kind NOT IN ('journal', 'hour', 'roll') THEN RAISE EXCEPTION 'no such table: %', kind; END IF;
    IF before > (now() AT TIME ZONE 'UTC')::date THEN RAISE EXCEPTION 'not yet past: %', before; END IF;
    FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = to_regclass('streams_' || kind) AND c.relname ~ '_[0-9]{8}$'
    LOOP
        IF to_date(right(part.relname, 8), 'YYYYMMDD')
            + (CASE kind WHEN 'journal' THEN interval '1 day' ELSE interval '1 month' END) > before THEN CONTINUE; END IF;
        IF kind = 'journal' THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE NOT (evaluated AND packed))', part.relname) INTO open_rows;
            IF open_rows THEN CONTINUE; END IF;
        END IF;
        EXECUTE format('DROP TABLE %I', part.relname);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
"""

# They act with the owner's rights: only the application's role is given them, with its other rights, after each migration.
CLOSED = """
REVOKE ALL ON FUNCTION streams_make_partitions(text, date), streams_drop_partitions(text, date) FROM PUBLIC;
"""

FORWARDS = (JOURNAL, PIECES, HOURS, ROLLS, MAKE, DROP, CLOSED)
BACKWARDS = """
DROP FUNCTION streams_drop_partitions(text, date);
DROP FUNCTION streams_make_partitions(text, date);
DROP TABLE streams_roll, streams_hour, streams_piece, streams_journal;
"""
