"""Writes the files beside it, as freqtrade and pandas users do. Needs pandas and pyarrow."""

import pandas as pd

candles = pd.DataFrame(
    {
        "date": pd.to_datetime([1704067200000, 1704070800000, 1704078000000], unit="ms", utc=True).astype("datetime64[ms, UTC]"),
        "open": [42283.58, 42298.61, 0.1 + 0.2],
        "high": [42298.62, 42300.0, 0.3 + 1e-9],
        "low": [42261.02, 4.2e4, 1e-7],
        "close": [42298.61, 42100.0, 0.25],
        "volume": [35.92724, 1.0, 1e15],
    }
)
candles.head(2).to_feather("BTC_USDT-1h.feather", compression="lz4", compression_level=9)
candles.head(2).to_parquet("BTC-USDT_1h.parquet", row_group_size=1, compression="snappy")
candles.tail(1).to_parquet("noise_1h.parquet")
pd.DataFrame(
    {
        "ts_ns": [1704067200000000001, 1704067200000000002],
        "price": [42283.5, 42283.6],
        "size": [0.001, 2.0],
        "side": ["buy", "sell"],
        "trade_id": pd.array([7, 8], dtype="uint64"),
        "comment": ["not", "looked at"],
    }
).to_parquet("BTC-USDT.parquet", compression="zstd")
