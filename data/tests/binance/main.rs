//! Other people's market data, asked for over real sockets: Binance, and what the world says about the markets.

mod server;
mod rest;
mod stream;
mod context;
