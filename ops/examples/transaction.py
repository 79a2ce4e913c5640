"""Starts work in a transaction of one's own, from Python. Needs psycopg 3 (pip install 'psycopg[binary]') and DATABASE_URL.

    skein migrate && skein serve &        # and a service that has the task, or a worker outside with the handler task:TASK
    python3 transaction.py TASK
"""

import os
import sys

import psycopg
from psycopg.types.json import Jsonb


def main() -> int:
    task = sys.argv[1] if len(sys.argv) > 1 else "mail"
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS orders (id text PRIMARY KEY, amount integer NOT NULL)")
        connection.execute("DELETE FROM orders")
        connection.commit()

        # A rollback leaves neither the order nor the task.
        connection.execute("INSERT INTO orders VALUES ('o-1', 90)")
        gone = connection.execute("SELECT skein.enqueue(%s, %s)", (task, Jsonb({"order": "o-1"}))).fetchone()[0]
        connection.rollback()

        # A commit makes both, together; the key makes a repetition harmless.
        options = Jsonb({"idempotencyKey": "order-o-2", "tag": "shop"})
        for _ in range(2):
            with connection.transaction():
                connection.execute("INSERT INTO orders VALUES ('o-2', 90) ON CONFLICT DO NOTHING")
                kept = connection.execute(
                    "SELECT skein.enqueue(%s, %s, %s)", (task, Jsonb({"order": "o-2"}), options)
                ).fetchone()[0]

        orders = [row[0] for row in connection.execute("SELECT id FROM orders")]
        known = [row[0] for row in connection.execute("SELECT id FROM skein.executions WHERE id = ANY(%s)", ([gone, kept],))]
        print(f"orders: {orders}; executions: {[str(id) for id in known]}")
        return 0 if orders == ["o-2"] and known == [kept] else 1


if __name__ == "__main__":
    sys.exit(main())
