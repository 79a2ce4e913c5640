#!/usr/bin/env python3
"""A worker in Python: asks for attempts of its handlers, runs them, tells how they ended. Standard library only.

    SKEIN_URL=http://127.0.0.1:7580 python3 ops/examples/worker.py [THREADS]      several servers: with commas between
"""
import http.client, json, os, signal, sys, threading, time, urllib.error, urllib.request, uuid

class Failed(Exception):
    def __init__(self, code, message, retryable=True):
        self.body = {"code": code, "message": message, "retryable": retryable}

def total(input, attempt):  # Pass attempt["idempotencyToken"] on to what you call: a handler may run more than once.
    if not isinstance(input.get("amounts"), list): raise Failed("INPUT_ERROR", "amounts must be a list", False)
    time.sleep(input.get("seconds", 0))
    return {"total": sum(input["amounts"]), "worker": os.getpid()}

HANDLERS = {"python.total": total}
servers = os.environ.get("SKEIN_URL", "http://127.0.0.1:7580").split(",")
me, stopping, busy = {"workerId": str(uuid.uuid4())}, [], set()

def call(verb, body):
    """Asks one server after the other until one answers; a refusal is an answer."""
    while True:
        for server in list(servers):
            request = urllib.request.Request(f"{server}/v1/work/{verb}", json.dumps({**me, **body}).encode())
            request.add_header("Content-Type", "application/json")
            try:
                with urllib.request.urlopen(request, timeout=40) as answer: return answer.status, json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code < 500: return error.code, json.load(error)
            except (OSError, ValueError, http.client.HTTPException): pass  # To tell the same twice does no harm.
        time.sleep(0.5)

def run(item):
    handle, done = {key: item[key] for key in ("executionId", "stepId", "fencingToken")}, threading.Event()
    def beat():
        while not done.wait(item["leaseMs"] / 3000):
            if call("heartbeat", handle)[1].get("items", [{}])[0].get("cancelled"): return  # Not ours any more.
    threading.Thread(target=beat, daemon=True).start()
    try: verb, body = "complete", {"output": HANDLERS[item["type"]](item["input"], item)}
    except Failed as failed: verb, body = "fail", failed.body
    except Exception as error: verb, body = "fail", {"code": "HANDLER_ERROR", "message": repr(error)}
    finally: done.set()
    status, answer = call(verb, {**handle, **body})
    print(item["executionId"], item["stepId"], verb, status, answer.get("code", ""), flush=True)

def loop():
    while not stopping:
        status, answer = call("claim", {"handlers": list(HANDLERS), "waitMs": 20_000})
        if status != 200: sys.exit(f"the claim was refused: {answer}")
        busy.add(threading.get_ident())
        me["workerId"] = answer["workerId"]
        for item in answer["items"]: run(item)
        busy.discard(threading.get_ident())

signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 4): threading.Thread(target=loop, daemon=True).start()
while not stopping or busy: time.sleep(0.1)  # What runs is finished; who hangs up gets nothing new.
