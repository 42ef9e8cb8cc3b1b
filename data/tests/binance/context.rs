//! The fear-and-greed index and `CoinGecko`.

use data::context::{CoinGecko, FearAndGreed};
use data::http::HttpError;

use crate::server::{Answer, Server};

#[tokio::test]
async fn the_index_is_read_oldest_first() {
    let body = r#"{"name":"Fear and Greed Index","data":[{"value":"40","value_classification":"Fear","timestamp":"1551157200",
        "time_until_update":"68499"},{"value":"47","value_classification":"Neutral","timestamp":"1551070800"}],"metadata":{"error":null}}"#;
    let server = Server::start(move |_, _| Answer::Good(body.to_owned()));
    let days = FearAndGreed::new(&server.host).unwrap().history(2).await.unwrap();
    assert_eq!(server.paths(), ["/fng/?limit=2"]);
    let shown: Vec<_> =
        days.iter().map(|day| format!("{} {} {} {} {}", day.source, day.name, day.value, day.label, day.at)).collect();
    let expected = [
        "alternative.me fear_and_greed 47 Neutral 2019-02-25T05:00:00Z",
        "alternative.me fear_and_greed 40 Fear 2019-02-26T05:00:00Z",
    ];
    assert_eq!(shown, expected);

    for bad in [
        r#"{"data":[{"value":"101","timestamp":"1551157200"}]}"#,
        r#"{"data":[{"value":"-1","timestamp":"1551157200"}]}"#,
        r#"{"data":[{"value":"50","timestamp":"soon"}]}"#,
        r#"{"data":[{"value":"50","timestamp":"9223372036854775807"}]}"#,
        r#"{"data":null}"#,
    ] {
        let server = Server::start(move |_, _| Answer::Good(bad.to_owned()));
        let error = FearAndGreed::new(&server.host).unwrap().latest().await.unwrap_err();
        assert!(matches!(error, HttpError::Malformed { .. }), "{bad}: {error}");
    }
    let server = Server::start(|_, _| Answer::Good(r#"{"data":[]}"#.to_owned()));
    assert_eq!(FearAndGreed::new(&server.host).unwrap().latest().await.unwrap(), None);
}

#[tokio::test]
async fn markets_and_categories_are_read() {
    let server = Server::start(|path, _| {
        Answer::Good(if path.starts_with("/api/v3/coins/markets?") {
            r#"[{"id":"bitcoin","symbol":"btc","name":"Bitcoin","current_price":70187,"market_cap":1381651251183.25,"market_cap_rank":1,
                "roi":null,"last_updated":"2024-04-07T16:49:31.736Z"}]"#
                .to_owned()
        } else {
            r#"[{"id":"layer-1","name":"Layer 1","market_cap":2061406861196.1,"market_cap_change_24h":-0.66091,"top_3_coins":["x"],
                "volume_24h":61146432400.1,"updated_at":"2024-04-07T16:55:01.000Z"},{"id":"new","name":"New","market_cap":null}]"#
                .to_owned()
        })
    });
    let source = CoinGecko::new(&server.host).unwrap();
    let coins = source.markets("USD", 9_999).await.unwrap();
    assert_eq!(
        coins[0].observations().iter().map(|said| said.value.to_string()).collect::<Vec<_>>(),
        ["70187", "1381651251183.25"]
    );
    // Another client, because one waits seconds between questions.
    let categories = CoinGecko::new(&server.host).unwrap().categories().await.unwrap();
    let said = categories[0].observations();
    assert_eq!(
        (said.len(), said[2].name.as_str(), said[2].value.to_string().as_str()),
        (3, "category/layer-1/change_24h_percent", "-0.66091")
    );
    assert!(categories[1].observations().is_empty());
    let asked = server.paths();
    assert_eq!(asked[0], "/api/v3/coins/markets?vs_currency=usd&order=market_cap_desc&per_page=250&page=1");
}
