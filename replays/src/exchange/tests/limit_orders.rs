//! limit_orders
