"""Access tokens of webhooks that have batches or an order, and test sends with them.

SPDX-License-Identifier: Apache-2.0
"""


def made_with_a_token(project, receiver, server, path, **fields):
    """One that has had its first token; the receiver will not take it again."""
    hook = project.oauth_webhook(receiver.url(path), project.credential(server), **fields)
    project.wait_status(project.publish_one(orderingKey="first"), "delivered")
    receiver.refused = {"tok-t-1"}
    return hook


def test_a_batch_comes_again_with_another_token(project, receiver, server, path):
    hook = made_with_a_token(project, receiver, server, path,
                             batch={"maxEvents": 10, "maxWaitMs": 200})
    for event in project.publish(10):
        delivery = project.wait_status(event, "delivered")
        assert delivery["tries"] == 1
        assert [(a["attempt"], a["status"]) for a in delivery["attempts"]] == \
            [(1, 401), (1, 204)]
    again = receiver.requests(path)[1:]
    assert [(r.token, r.status) for r in again] == [("tok-t-1", 401), ("tok-t-2", 204)]
    assert again[0].id == again[1].id and again[0].body == again[1].body
    assert server.count == 2 and project.stats(hook)["failed"] == 0


def test_the_order_of_keys_is_kept(project, receiver, server, path):
    made_with_a_token(project, receiver, server, path, ordering="key")
    server.delay = 0.3
    events = {key: [project.publish_one(orderingKey=key) for _ in range(10)] for key in "ab"}
    for some in events.values():
        receiver.wait_taken(path, some)
        taken = [r.id for r in receiver.requests(path) if r.status == 204 and r.id in some]
        assert taken == some
    assert server.count == 2


def test_a_test_send_takes_a_token(project, receiver, server, path):
    hook = project.oauth_webhook(receiver.url(path), project.credential(server))
    answer = project.api.post(project.hook_path(hook) + "/test")
    assert answer.status == 200 and answer.json["outcome"] == "delivered", answer
    assert ["Authorization", "***"] in answer.json["request"]["headers"]
    assert "tok-t" not in answer.text
    assert receiver.tokens(path) == ["tok-t-1"] and server.count == 1


def test_a_test_send_tells_why_there_is_none(project, receiver, server, path):
    server.ill(401, {"error": "invalid_client"})
    hook = project.oauth_webhook(receiver.url(path), project.credential(server))
    answer = project.api.post(project.hook_path(hook) + "/test")
    assert answer.status == 200, answer
    assert (answer.json["outcome"], answer.json["error"]) == \
        ("unauthorized", "oauth_invalid_client")
    assert answer.json["request"] is None and answer.json["response"] is None
    assert not receiver.received and not project.deliveries()


def test_a_test_send_is_made_again_after_a_refusal(project, receiver, server, path):
    hook = made_with_a_token(project, receiver, server, path)
    answer = project.api.post(project.hook_path(hook) + "/test")
    assert answer.status == 200, answer
    assert (answer.json["outcome"], answer.json["response"]["status"]) == ("delivered", 204)
    assert receiver.tokens(path) == ["tok-t-1", "tok-t-1", "tok-t-2"]
    assert "tok-t" not in answer.text
