#!/usr/bin/env python3
"""Trade at an OKX-compatible venue with the clients that others wrote: ccxt and python-okx.

    okx_clients.py http://127.0.0.1:8080 [--sandbox]

One line a step, PASS or FAIL; the exit code is 1 if any failed. It places orders: only hosts on this machine are taken.
"""
import asyncio
import itertools
import json
import sys
import time
from decimal import Decimal
from urllib.parse import urlparse

KEY, SECRET, PASSPHRASE = 'test-key', 'test-secret', 'test-pass'
INSTRUMENT, SYMBOL = 'BTC-USDT', 'BTC/USDT'
SIZE = Decimal('0.001')
PATIENCE_S = 15

failures = []


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def report(name, error, found):
    if error is None:
        print(f'PASS {name} {found if found is not None else ""}'.rstrip()[:160], flush=True)
    else:
        failures.append(name)
        print(f'FAIL {name} {type(error).__name__}: {error}'[:400], flush=True)


def step(name, function, *args):
    try:
        found = function(*args)
    except Exception as error:  # a step that fails is told, and the next one is tried
        return report(name, error, None)
    report(name, None, found)
    return found


async def async_step(name, function, *args):
    try:
        found = await asyncio.wait_for(function(*args), PATIENCE_S)
    except Exception as error:
        return report(name, error, None)
    report(name, None, found)
    return found


def eventually(look, wanted, what):
    """Acknowledgements come before results: asks until the result is there."""
    seen = None
    for _ in range(50):
        seen = look()
        if wanted(seen):
            return seen
        time.sleep(0.1)
    raise AssertionError(f'{what}: {seen}')


# ---- ccxt ----

def ccxt_client(module, rest, sandbox, **changes):
    client = module.okx(dict(apiKey=KEY, secret=SECRET, password=PASSPHRASE, enableRateLimit=True,
                             options={'defaultType': 'spot'}, **changes))
    if sandbox:
        client.set_sandbox_mode(True)
    client.urls['api'] = {'rest': rest, 'ws': rest.replace('http', 'ws', 1) + '/ws/v5'}
    client.timeout = PATIENCE_S * 1000
    return client


class CcxtRest:
    def __init__(self, rest, sandbox):
        import ccxt
        self.ccxt, self.rest, self.sandbox = ccxt, rest, sandbox
        self.client = ccxt_client(ccxt, rest, sandbox)
        self.order = self.bought = self.sold = None
        self.last = self.far = 0.0

    def steps(self):
        for name in ('time', 'markets', 'ticker', 'book', 'candles', 'trades', 'balance', 'fee', 'wrong_secret',
                     'place_far', 'is_open', 'amend', 'cancel', 'cancel_again', 'unknown_order', 'buy', 'sell',
                     'buy_for_cost', 'my_trades', 'trades_of_order', 'closed', 'post_only_that_takes', 'too_much'):
            step(f'ccxt.{name}', getattr(self, name))

    def status(self, order):
        return self.client.fetch_order(order, SYMBOL)

    def time(self):
        off = abs(self.client.fetch_time() - time.time() * 1000)
        check(off < 5000, f'the clock is off by {off} ms')

    def markets(self):
        market = self.client.load_markets()[SYMBOL]
        check(market['spot'] and market['active'], market)
        return market['precision']

    def ticker(self):
        ticker = self.client.fetch_ticker(SYMBOL)
        self.last, self.far = ticker['last'], float(self.client.price_to_precision(SYMBOL, ticker['last'] * 0.6))
        check(ticker['bid'] < ticker['ask'] and ticker['baseVolume'] is not None, ticker)
        return self.last

    def book(self):
        book = self.client.fetch_order_book(SYMBOL, 20)
        bids, asks = [row[0] for row in book['bids']], [row[0] for row in book['asks']]
        check(len(bids) == 20 and bids == sorted(bids, reverse=True) and asks == sorted(asks), book)
        check(bids[0] < asks[0], f'crossed: {bids[0]} {asks[0]}')

    def candles(self):
        rows = self.client.fetch_ohlcv(SYMBOL, '1m', limit=5)
        check(rows and all(low <= min(o, c) and high >= max(o, c) for _, o, high, low, c, _ in rows), rows)
        return len(rows)

    def trades(self):
        rows = self.client.fetch_trades(SYMBOL, limit=5)
        check(rows and all(row['price'] > 0 and row['amount'] > 0 for row in rows), rows)

    def balance(self):
        balance = self.client.fetch_balance()
        check(balance['BTC']['free'] > 0 and balance['USDT']['free'] > 0, balance['total'])
        return balance['total']

    def fee(self):
        fee = self.client.fetch_trading_fee(SYMBOL)
        check(0 < fee['maker'] < fee['taker'] < 0.01, fee)

    def wrong_secret(self):
        stranger = ccxt_client(self.ccxt, self.rest, self.sandbox)
        stranger.secret = 'wrong'
        try:
            stranger.private_get_account_balance()
        except self.ccxt.AuthenticationError:
            return
        raise AssertionError('a wrong signature was taken')

    def place_far(self):
        self.order = self.client.create_order(SYMBOL, 'limit', 'buy', float(SIZE), self.far)['id']
        check(self.order, 'it has no id')

    def is_open(self):
        check(self.order in [row['id'] for row in self.client.fetch_open_orders(SYMBOL)], 'it is not in the list')
        check(self.status(self.order)['status'] == 'open', 'it is not open')

    def amend(self):
        price = float(self.client.price_to_precision(SYMBOL, self.far * 0.98))
        self.client.edit_order(self.order, SYMBOL, 'limit', 'buy', float(SIZE * 3), price)
        eventually(lambda: self.status(self.order), lambda o: o['price'] == price and o['amount'] == float(SIZE * 3), 'amended')

    def cancel(self):
        self.client.cancel_order(self.order, SYMBOL)
        eventually(lambda: self.status(self.order), lambda o: o['status'] == 'canceled', 'canceled')

    def cancel_again(self):
        try:
            self.client.cancel_order(self.order, SYMBOL)
        except self.ccxt.OrderNotFound:
            return
        raise AssertionError('it was canceled twice')

    def unknown_order(self):
        try:
            self.status('12345')
        except self.ccxt.OrderNotFound:
            return
        raise AssertionError('an order was found that nobody placed')

    def market(self, side):
        order = self.client.create_order(SYMBOL, 'market', side, float(SIZE))['id']
        done = eventually(lambda: self.status(order), lambda o: o['status'] == 'closed', 'filled')
        check(abs(done['filled'] - float(SIZE)) < 1e-9 and done['average'] > 0, done)
        check(done['fee']['currency'] == ('BTC' if side == 'buy' else 'USDT') and done['fee']['cost'] > 0, done['fee'])
        return order

    def buy(self):
        self.bought = self.market('buy')

    def sell(self):
        self.sold = self.market('sell')

    def buy_for_cost(self):
        order = self.client.create_market_buy_order_with_cost(SYMBOL, 50)['id']
        done = eventually(lambda: self.status(order), lambda o: o['status'] in ('closed', 'canceled'), 'ended')
        check(45 <= done['cost'] <= 50, done['cost'])
        return done['cost']

    def my_trades(self):
        orders = {row['order'] for row in self.client.fetch_my_trades(SYMBOL)}
        check({self.bought, self.sold} <= orders, f'fills are missing: {orders}')

    def trades_of_order(self):
        rows = self.client.fetch_order_trades(self.bought, SYMBOL)
        check(rows and {row['order'] for row in rows} == {self.bought}, rows)
        check(abs(sum(row['amount'] for row in rows) - float(SIZE)) < 1e-9, 'the fills are not the order')

    def closed(self):
        check(self.bought in [row['id'] for row in self.client.fetch_closed_orders(SYMBOL)], 'it is not in the history')

    def post_only_that_takes(self):
        price = float(self.client.price_to_precision(SYMBOL, self.client.fetch_ticker(SYMBOL)['ask'] * 1.02))
        order = self.client.create_order(SYMBOL, 'limit', 'buy', float(SIZE), price, {'postOnly': True})['id']
        done = eventually(lambda: self.status(order), lambda o: o['status'] == 'canceled', 'canceled')
        check(done['info']['cancelSource'] == '31', done['info'])

    def too_much(self):
        try:
            self.client.create_order(SYMBOL, 'limit', 'buy', 100000, self.far)
        except self.ccxt.InsufficientFunds:
            return
        raise AssertionError('it was taken')


async def ccxt_websockets(rest, sandbox):
    import ccxt.pro
    client = ccxt_client(ccxt.pro, rest, sandbox)
    state = {}

    async def markets():
        code = (await client.load_markets())[SYMBOL]['info']['instIdCode']
        check(isinstance(code, int), code)

    async def ticker():
        state['far'] = float(client.price_to_precision(SYMBOL, (await client.watch_ticker(SYMBOL))['last'] * 0.6))

    async def book():
        for _ in range(5):
            book = await client.watch_order_book(SYMBOL)
            check(book['bids'][0][0] < book['asks'][0][0], 'crossed')

    async def trades():
        return len(await client.watch_trades(SYMBOL))

    async def candles():
        return len(await client.watch_ohlcv(SYMBOL, '1m'))

    async def balance():
        check((await client.watch_balance())['USDT']['total'] > 0, 'no balance')

    async def watch(order, wanted):
        while True:
            if any(row['id'] == order and row['status'] == wanted for row in await client.watch_orders(SYMBOL)):
                return

    async def orders():
        first = asyncio.ensure_future(client.watch_orders(SYMBOL))
        await asyncio.sleep(1)
        order = (await client.create_order(SYMBOL, 'limit', 'buy', float(SIZE), state['far']))['id']
        check(any(row['id'] == order for row in await first), 'it was not pushed')
        ended = asyncio.ensure_future(watch(order, 'canceled'))
        await client.cancel_order(order, SYMBOL)
        await ended

    async def fills():
        task = asyncio.ensure_future(client.watch_my_trades(SYMBOL))
        await asyncio.sleep(1)
        await client.create_order(SYMBOL, 'market', 'sell', float(SIZE))
        row = (await task)[-1]
        check(row['side'] == 'sell' and row['price'] > 0, row)

    async def place():
        state['order'] = (await client.create_order_ws(SYMBOL, 'limit', 'buy', float(SIZE), state['far']))['id']
        check(state['order'], 'it has no id')

    async def amend():
        price = float(client.price_to_precision(SYMBOL, state['far'] * 0.99))
        await client.edit_order_ws(state['order'], SYMBOL, 'limit', 'buy', float(SIZE), price)

    async def cancel():
        await client.cancel_order_ws(state['order'], SYMBOL)

    try:
        for name, function in [('markets', markets), ('ticker', ticker), ('book', book), ('trades', trades),
                               ('candles', candles), ('login', client.authenticate), ('balance', balance),
                               ('orders', orders), ('fills', fills), ('place', place), ('amend', amend), ('cancel', cancel)]:
            await async_step(f'ccxt.ws.{name}', function)
    finally:
        await client.close()


# ---- python-okx ----

def rows(reply):
    """It never raises: what went wrong is in the reply."""
    check(reply.get('code') == '0', reply)
    for row in reply['data']:
        check(not isinstance(row, dict) or row.get('sCode', '0') == '0', reply)
    return reply['data']


class SdkRest:
    def __init__(self, rest):
        from okx import Account, MarketData, PublicData, Status, Trade
        self.account_class = Account.AccountAPI
        self.rest = rest
        self.public, self.market = self.make(PublicData.PublicAPI), self.make(MarketData.MarketAPI)
        self.anyone = MarketData.MarketAPI(api_key='-1', api_secret_key='-1', passphrase='-1', flag='0', domain=rest, debug=False)
        self.account, self.trade, self.state = self.make(Account.AccountAPI), self.make(Trade.TradeAPI), self.make(Status.StatusAPI)
        self.code = self.order = None
        self.filled, self.numbers = [], itertools.count(int(time.time() * 1000))

    def make(self, kind, secret=SECRET):
        return kind(api_key=KEY, api_secret_key=secret, passphrase=PASSPHRASE, flag='1', domain=self.rest, debug=False)

    def steps(self):
        for name in ('time', 'status', 'instruments', 'ticker', 'ticker_unsigned', 'book', 'candles', 'history_candles',
                     'trades', 'config', 'balance', 'balance_of_two', 'positions', 'fees', 'wrong_secret', 'place',
                     'pending', 'by_client_id', 'amend', 'cancel', 'cancel_again', 'buy_base', 'buy_quote', 'sell', 'fills',
                     'history', 'batch', 'algo', 'dead_mans_switch', 'precision'):
            step(f'python-okx.{name}', getattr(self, name))

    def time(self):
        check(abs(int(rows(self.public.get_system_time())[0]['ts']) - time.time() * 1000) < 5000, 'the clock is off')

    def status(self):
        rows(self.state.status())

    def instruments(self):
        found = [row for row in rows(self.public.get_instruments(instType='SPOT')) if row['instId'] == INSTRUMENT]
        self.code, self.tick = found[0]['instIdCode'], Decimal(found[0]['tickSz'])
        check(isinstance(self.code, int), found)

    def price(self, factor):
        return format((self.last * Decimal(factor)) // self.tick * self.tick, 'f')

    def ticker(self):
        self.last = Decimal(rows(self.market.get_ticker(INSTRUMENT))[0]['last'])

    def ticker_unsigned(self):
        check(Decimal(rows(self.anyone.get_ticker(INSTRUMENT))[0]['last']) > 0, 'no price')

    def book(self):
        book = rows(self.market.get_orderbook(INSTRUMENT, sz='7'))[0]
        check(len(book['asks']) == 7 and all(len(level) == 4 for level in book['asks'] + book['bids']), book)

    def candles(self):
        found = rows(self.market.get_candlesticks(INSTRUMENT, bar='1m', limit='5'))
        check(all(len(row) == 9 for row in found) and found[0][8] == '0', found)
        check([row[0] for row in found] == sorted((row[0] for row in found), reverse=True), 'not the newest first')

    def history_candles(self):
        rows(self.market.get_history_candlesticks(INSTRUMENT, bar='1Dutc', limit='5'))

    def trades(self):
        check(rows(self.market.get_trades(INSTRUMENT, limit='5')), 'none')

    def config(self):
        found = rows(self.account.get_account_config())[0]
        check(found['acctLv'] == '1' and found['posMode'] == 'net_mode' and 'withdraw' not in found['perm'], found)

    def balance(self):
        details = rows(self.account.get_account_balance())[0]['details']
        check({'BTC', 'USDT'} <= {row['ccy'] for row in details}, details)

    def balance_of_two(self):
        found = rows(self.account.get_account_balance(ccy='BTC,USDT'))[0]['details']
        check(sorted(row['ccy'] for row in found) == ['BTC', 'USDT'], found)

    def positions(self):
        check(rows(self.account.get_positions()) == [], 'spot has none')

    def fees(self):
        check(Decimal(rows(self.account.get_fee_rates(instType='SPOT', instId=INSTRUMENT))[0]['taker']) < 0, 'we pay')

    def wrong_secret(self):
        check(self.make(self.account_class, 'wrong').get_account_balance()['code'] == '50113', 'it was taken')

    def place(self):
        self.client_id = f'sdk{next(self.numbers)}'
        found = rows(self.trade.place_order(instId=INSTRUMENT, tdMode='cash', side='buy', ordType='limit',
                                            sz=str(SIZE), px=self.price('0.6'), clOrdId=self.client_id))[0]
        self.order = found['ordId']
        check(found['clOrdId'] == self.client_id, found)

    def pending(self):
        found = rows(self.trade.get_order_list(instType='SPOT', instId=INSTRUMENT))
        check(any(row['ordId'] == self.order and row['state'] == 'live' for row in found), found)

    def by_client_id(self):
        check(rows(self.trade.get_order(INSTRUMENT, clOrdId=self.client_id))[0]['ordId'] == self.order, 'another order')

    def look(self, order):
        return rows(self.trade.get_order(INSTRUMENT, ordId=order))[0]

    def amend(self):
        price = self.price('0.59')
        rows(self.trade.amend_order(instId=INSTRUMENT, ordId=self.order, newPx=price, reqId='r1'))
        eventually(lambda: self.look(self.order), lambda o: Decimal(o['px']) == Decimal(price), 'amended')

    def cancel(self):
        rows(self.trade.cancel_order(instId=INSTRUMENT, ordId=self.order))
        eventually(lambda: self.look(self.order), lambda o: o['state'] == 'canceled', 'canceled')

    def cancel_again(self):
        reply = self.trade.cancel_order(instId=INSTRUMENT, ordId=self.order)
        check(reply['code'] == '1' and reply['data'][0]['sCode'] == '51400', reply)

    def market_order(self, **fields):
        order = rows(self.trade.place_order(instId=INSTRUMENT, tdMode='cash', ordType='market', **fields))[0]['ordId']
        self.filled.append(order)
        return eventually(lambda: self.look(order), lambda o: o['state'] == 'filled', 'filled')

    def buy_base(self):
        done = self.market_order(side='buy', sz=str(SIZE), tgtCcy='base_ccy')
        check(Decimal(done['accFillSz']) == SIZE and done['feeCcy'] == 'BTC' and Decimal(done['fee']) < 0, done)

    def buy_quote(self):
        self.market_order(side='buy', sz='40')

    def sell(self):
        check(self.market_order(side='sell', sz=str(SIZE))['feeCcy'] == 'USDT', 'sales pay in quote')

    def fills(self):
        found = rows(self.trade.get_fills(instType='SPOT', instId=INSTRUMENT))
        check(set(self.filled) <= {row['ordId'] for row in found}, 'fills are missing')
        check(all(row['execType'] in 'MT' and int(row['billId']) > 0 for row in found), found)

    def history(self):
        found = rows(self.trade.get_orders_history(instType='SPOT', instId=INSTRUMENT))
        check(set(self.filled) <= {row['ordId'] for row in found}, 'orders are missing')

    def batch(self):
        order = dict(instId=INSTRUMENT, tdMode='cash', side='buy', sz=str(SIZE))
        placed = rows(self.trade.place_multiple_orders([
            dict(order, ordType='limit', px=self.price('0.6')), dict(order, ordType='post_only', px=self.price('0.61'))]))
        check(len({row['ordId'] for row in placed}) == 2, placed)
        rows(self.trade.cancel_multiple_orders([dict(instId=INSTRUMENT, ordId=row['ordId']) for row in placed]))

    def algo(self):
        placed = rows(self.trade.place_algo_order(instId=INSTRUMENT, tdMode='cash', side='sell', ordType='conditional',
                                                  sz=str(SIZE), slTriggerPx=self.price('0.8'), slOrdPx='-1'))[0]['algoId']
        pending = rows(self.trade.order_algos_list(ordType='conditional', instType='SPOT'))
        check(placed in [row['algoId'] for row in pending], pending)
        rows(self.trade.cancel_algo_order([dict(instId=INSTRUMENT, algoId=placed)]))

    def dead_mans_switch(self):
        for seconds in ('60', '0'):
            rows(self.trade._request_with_params('POST', '/api/v5/trade/cancel-all-after', {'timeOut': seconds}))

    def precision(self):
        reply = self.trade.place_order(instId=INSTRUMENT, tdMode='cash', side='buy', ordType='limit', sz='0.0010000000001', px=self.price('0.6'))
        check(reply['code'] == '1' and reply['data'][0]['sCode'] in ('51121', '51150'), reply)


async def sdk_websockets(rest, sdk):
    import websockets
    from okx.websocket.WebSocketFactory import WebSocketFactory
    from okx.websocket.WsPrivateAsync import WsPrivateAsync
    from okx.websocket.WsPublicAsync import WsPublicAsync

    async def connect(self):
        # Its own always asks for TLS, which a venue on this machine does not have.
        self.websocket = await websockets.connect(self.url, proxy=None)
        return self.websocket

    WebSocketFactory.connect = connect
    base = rest.replace('http', 'ws', 1) + '/ws/v5'
    box, open_sockets, state = asyncio.Queue(), [], {}

    def receive(text):
        box.put_nowait(text if text == 'pong' else json.loads(text))

    async def until(wanted):
        while True:
            message = await box.get()
            check(not (isinstance(message, dict) and message.get('event') == 'error'), message)
            if wanted(message):
                return message

    def pushed(channel):
        return lambda message: isinstance(message, dict) and 'data' in message and message.get('arg', {}).get('channel') == channel

    async def public(path, channel):
        socket = WsPublicAsync(url=f'{base}/{path}')
        open_sockets.append(socket)
        await socket.start()
        args = [{'channel': channel, 'instId': INSTRUMENT}]
        await socket.subscribe(args, receive, id='1')
        await until(pushed(channel))
        await socket.unsubscribe(args, receive)

    async def login():
        socket = WsPrivateAsync(apiKey=KEY, passphrase=PASSPHRASE, secretKey=SECRET, url=f'{base}/private')
        open_sockets.append(socket)
        state['socket'] = socket
        await socket.start()
        await socket.subscribe([{'channel': 'orders', 'instType': 'SPOT'}, {'channel': 'account'}], receive)
        await until(pushed('account'))

    async def ping():
        await state['socket'].websocket.send('ping')
        await until(lambda message: message == 'pong')

    def answer(number):
        return lambda message: isinstance(message, dict) and message.get('id') == number

    async def place():
        order = dict(instIdCode=sdk.code, tdMode='cash', side='buy', ordType='limit', sz=str(SIZE), px=sdk.price('0.6'))
        await state['socket'].place_order([order], callback=receive, id='p1')
        # The push may come first.
        seen = {}
        while len(seen) < 2:
            message = await until(lambda message: answer('p1')(message) or pushed('orders')(message))
            seen['reply' if answer('p1')(message) else 'push'] = message['data'][0]['ordId']
        check(seen['reply'] == seen['push'], seen)
        state['order'] = seen['reply']

    async def amend():
        await state['socket'].amend_order([dict(instIdCode=sdk.code, ordId=state['order'], newPx=sdk.price('0.59'))], callback=receive, id='a1')
        check((await until(answer('a1')))['code'] == '0', 'refused')

    async def cancel():
        await state['socket'].cancel_order([dict(instIdCode=sdk.code, ordId=state['order'])], callback=receive, id='c1')
        check((await until(answer('c1')))['code'] == '0', 'refused')

    async def refused():
        socket = WsPrivateAsync(apiKey=KEY, passphrase=PASSPHRASE, secretKey='wrong', url=f'{base}/private')
        open_sockets.append(socket)
        answers = asyncio.Queue()
        await socket.start()
        socket.callback = lambda text: answers.put_nowait(json.loads(text))
        await socket.login()
        check((await answers.get())['event'] == 'error', 'it was let in')

    for path, channel in [('public', 'tickers'), ('public', 'trades'), ('public', 'books'), ('public', 'books5'), ('business', 'candle1m')]:
        await async_step(f'python-okx.ws.{channel}', public, path, channel)
    for function in (refused, login, ping, place, amend, cancel):
        await async_step(f'python-okx.ws.{function.__name__}', function)
    for socket in open_sockets:
        try:
            await asyncio.wait_for(socket.stop(), 2)
        except Exception:  # it may be closed already
            pass


def main():
    rest, sandbox = sys.argv[1].rstrip('/'), '--sandbox' in sys.argv
    if urlparse(rest).hostname not in ('127.0.0.1', 'localhost', '::1'):
        sys.exit(f'{rest} is not on this machine')
    CcxtRest(rest, sandbox).steps()
    asyncio.run(ccxt_websockets(rest, sandbox))
    if not sandbox:
        sdk = SdkRest(rest)
        sdk.steps()
        asyncio.run(sdk_websockets(rest, sdk))
    print(f'{len(failures)} steps failed' if failures else 'every step passed', flush=True)
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
