//! The account: balances, positions, fees, and how it is set up.

use super::call::Call;
use super::public::one;
use super::{OkxError, Rest};
use crate::okx::limits::{Budget, Charge};
use crate::okx::message::{AccountConfig, Balance, InstType, PositionInfo, TradeFee};

impl Rest {
    /// What the account has.
    pub async fn balance(&self) -> Result<Balance, OkxError> {
        let call = Call::private("account/balance", Charge::one(Budget::Balance));
        one(self.call(&call).await?, &call)
    }

    /// Open positions; none of pure spot.
    pub async fn positions(&self) -> Result<Vec<PositionInfo>, OkxError> {
        let call = Call::private("account/positions", Charge::one(Budget::Positions));
        Ok(self.call(&call).await?.data)
    }

    /// What fills of an instrument cost.
    pub async fn trade_fee(&self, kind: &InstType, inst_id: &str) -> Result<TradeFee, OkxError> {
        let call = Call::private("account/trade-fee", Charge::one(Budget::TradeFee)).with("instType", kind.as_str());
        let call = call.with("instId", inst_id);
        one(self.call(&call).await?, &call)
    }

    /// How the account is set up, and what the key may do.
    pub async fn account_config(&self) -> Result<AccountConfig, OkxError> {
        let call = Call::private("account/config", Charge::one(Budget::AccountConfig));
        one(self.call(&call).await?, &call)
    }
}
