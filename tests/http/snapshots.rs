//! Snapshots over HTTP: asked for, told of.

use super::server::Server;

#[tokio::test]
async fn a_snapshot_is_written_and_told_of() {
    let server = Server::planned().await;
    let seq = server.sold("o1", "A2", "100.00").await;
    assert_eq!(server.get("/v1/status").await["snapshot_seq"], 0);
    let reply = server
        .call("POST", "/v1/snapshots")
        .role("admin")
        .send()
        .await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    let taken = reply.json();
    assert_eq!(
        (&taken["seq"], &taken["as_of_seq"]),
        (&seq.into(), &seq.into())
    );
    assert!(taken["bytes"].as_u64() > Some(100_000), "{taken}");
    let status = server.get("/v1/status").await;
    assert_eq!(
        (&status["snapshot_seq"], &status["snapshot_at"]),
        (&seq.into(), &taken["at"])
    );
    let metrics = server.call("GET", "/metrics").send().await.text();
    let line = format!("arborline_snapshot_seq {seq}");
    assert!(metrics.lines().any(|other| other == line), "{metrics}");
}
