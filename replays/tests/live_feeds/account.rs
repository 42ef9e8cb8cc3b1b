//! Reading the account: an order that the venue will not speak of does not count as asked, for what it has traded is in the
//! balances.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data::okx::convert::{ClientId, SessionTag};
use data::okx::sign::Credentials;
use engine::event::{Hash, Input, Trouble};
use engine::instrument::InstrumentId;
use engine::order::OrderId;
use replays::config::LiveConfig;
use replays::live::gateway::{Errand, Fact};
use replays::live::link::Link;
use replays::live::word::{Ask, Name, Place, Resync};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

use crate::host::Host;
use crate::run::INSTRUMENT;

const LONG: Duration = Duration::from_secs(30);
const ODD: OrderId = OrderId(3);
const PLAIN: OrderId = OrderId(5);

/// The next reading of the account, and the troubles that began before it.
async fn reading(facts: &mut Receiver<Fact>) -> (Box<Resync>, Vec<Trouble>) {
    let mut began = Vec::new();
    loop {
        match timeout(LONG, facts.recv()).await.expect("a fact").expect("the connection lives") {
            Fact::Input { input: Input::TroubleBegan(trouble), .. } => began.push(trouble),
            Fact::Resync(resync) => return (resync, began),
            Fact::Input { .. } | Fact::Connected => {}
            fact => panic!("{fact:?}"),
        }
    }
}

#[tokio::test]
async fn who_is_not_spoken_of_was_not_asked() {
    let session = SessionTag::of(&Hash::default());
    let odd = ClientId { session, order: ODD }.to_string();
    let is_closed = Arc::new(AtomicBool::new(false));
    let closed = is_closed.clone();
    let okx = Host::start(move |path| {
        let path = path.trim_start_matches("/api/v5/");
        let data = if path.starts_with("public/time") {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
            format!(r#"{{"ts":"{now}"}}"#)
        } else if path.starts_with("public/instruments") {
            INSTRUMENT.to_owned()
        } else if path.starts_with("account/config") {
            r#"{"acctLv":"1","perm":"read_only,trade"}"#.to_owned()
        } else if path.starts_with("account/trade-fee") {
            r#"{"instType":"SPOT","maker":"-0.0008","taker":"-0.001"}"#.to_owned()
        } else if path.starts_with("account/balance") {
            r#"{"uTime":"1704067200000","details":[{"ccy":"USDT","cashBal":"100"}]}"#.to_owned()
        } else if path.starts_with("trade/order?") && path.contains(&odd) {
            let code = if closed.load(Ordering::SeqCst) { "50113" } else { "51999" };
            return format!(r#"{{"code":"{code}","msg":"it will not say","data":[]}}"#);
        } else if path.starts_with("trade/order?") {
            let id = ClientId { session, order: PLAIN };
            format!(
                r#"{{"instId":"BTC-USDT","ordId":"9","clOrdId":"{id}","ordType":"market","side":"buy","sz":"1",
                    "accFillSz":"0.5","state":"partially_filled"}}"#
            )
        } else if path.starts_with("trade/fills-history?") && !path.contains("after=") {
            r#"{"instId":"BTC-USDT","ordId":"9","tradeId":"1","billId":"1","fillPx":"100","fillSz":"0.5","side":"buy",
                "fee":"-0.0005","feeCcy":"BTC","execType":"T","fillTime":"1704067200000","ts":"1704067200000"}"#
                .to_owned()
        } else {
            String::new()
        };
        format!(r#"{{"code":"0","msg":"","data":[{data}]}}"#)
    })
    .await;
    let address = &okx.address;
    let config: LiveConfig = toml::from_str(&format!(
        "rest = \"http://{address}\"\nwebsocket = \"ws://{address}/ws/v5\"\ninstruments = [\"BTC-USDT\"]\nfeeds = [\"trades\"]\n\
         free_disk_mb = 1\nclock_skew = \"1h\"\nstale_after = \"1h\"\ndead_man = \"off\""
    ))
    .unwrap();
    let credentials = Credentials::new("key".to_owned(), "secret".to_owned(), "pass".to_owned());
    let link = Link::open(&config, Some(credentials)).await.unwrap();
    let ((facts_out, mut facts), (errands, errands_in)) = (channel(1_024), channel(8));
    let folder = tempfile::tempdir().unwrap();
    let task = tokio::spawn(link.run(session, folder.path().to_owned(), None, facts_out, errands_in));
    let reads = || Errand::Resync([ODD, PLAIN].map(inquire).to_vec());

    errands.send(reads()).await.unwrap();
    let (resync, _) = reading(&mut facts).await;
    assert_eq!((resync.asked, resync.unheard), (vec![PLAIN], Vec::new()), "its trades may be in the balances");
    assert!(resync.snapshot.is_some());
    let [word] = &resync.words[..] else { panic!("{:?}", resync.words) };
    assert_eq!(word.fills.len(), 1, "what the shorter history has no more is in the longer one: {:?}", okx.asked());
    assert!(okx.asked().iter().any(|path| path.contains("trade/fills?instType=SPOT&ordId=9")), "{:?}", okx.asked());

    // What is no fault of the order's is a reading that failed: until one does not, nothing new is bought.
    is_closed.store(true, Ordering::SeqCst);
    errands.send(reads()).await.unwrap();
    let open_again = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        is_closed.store(false, Ordering::SeqCst);
    };
    let ((resync, began), ()) = tokio::join!(reading(&mut facts), open_again);
    assert_eq!(resync.asked, [PLAIN]);
    assert!(began.contains(&Trouble::OrdersLost) && !is_closed.load(Ordering::SeqCst), "{began:?}");
    drop((facts, errands));
    timeout(LONG, task).await.expect("it ends when nobody listens").unwrap();
}

fn inquire(order: OrderId) -> Ask {
    Ask::Inquire { order, name: Name::Client(order), place: Place::Book, instrument: InstrumentId(0) }
}
