//! What the world thinks, as inputs of a live run.

use std::time::Duration;

use crate::host::Host;
use crate::run::{Run, okx};

#[tokio::test]
async fn what_is_news_becomes_an_input() {
    let okx = okx().await;
    let mut asked = 0;
    let index = Host::start(move |path| {
        assert_eq!(path, "/fng/?limit=1");
        asked += 1;
        // A failure, the same twice, and something new.
        let value = match asked {
            1 => return "maintenance".to_owned(),
            2 | 3 => 40,
            _ => 41,
        };
        format!(r#"{{"data":[{{"value":"{value}","value_classification":"Fear","timestamp":"1551157200"}}]}}"#)
    })
    .await;
    let coins = Host::start(|path| {
        assert!(path.starts_with("/api/v3/coins/markets?vs_currency=usd&"), "{path}");
        r#"[{"id":"ethereum","symbol":"eth","name":"Ethereum","current_price":3000,"last_updated":"2024-04-07T16:49:31Z"},
            {"id":"bitcoin","symbol":"btc","name":"Bitcoin","current_price":70187.50,"last_updated":"2024-04-07T16:49:31Z"}]"#
            .to_owned()
    })
    .await;
    let config = format!(
        "feeds = [\"trades\"]\nsentiment = \"1s\"\nfear_and_greed = \"http://{}\"\ncoingecko = \"http://{}\"",
        index.address, coins.address
    );
    let mut run = Run::start(&okx, &config).await;
    let mut told = run.within(Duration::from_secs(6)).await;
    told.retain(|line| line.contains(" since "));
    let expected = [
        "coingecko bitcoin/price 70187.5 Bitcoin since 2024-04-07T16:49:31Z",
        "alternative.me fear_and_greed 40 Fear since 2019-02-26T05:00:00Z",
        "alternative.me fear_and_greed 41 Fear since 2019-02-26T05:00:00Z",
    ];
    assert_eq!(told, expected);
    run.end().await;
    let asked = index.asked().len();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(index.asked().len(), asked, "nothing is asked when the run is over");
}

#[tokio::test]
async fn a_run_goes_on_without_it() {
    let okx = okx().await;
    let hosts = "sentiment = \"1h\"\nfear_and_greed = \"http://127.0.0.1:1\"\ncoingecko = \"no host\"";
    let mut run = Run::start(&okx, &format!("feeds = [\"trades\"]\n{hosts}")).await;
    run.expect(&["began warming up", "ended warming up"]).await;
    assert_eq!(run.within(Duration::from_secs(1)).await, [""; 0]);
    run.end().await;

    let mut run = Run::start(&okx, "feeds = [\"trades\"]").await;
    run.expect(&["began warming up", "ended warming up"]).await;
    assert_eq!(run.within(Duration::from_millis(300)).await, [""; 0], "nobody is asked unless that is configured");
    run.end().await;
}
