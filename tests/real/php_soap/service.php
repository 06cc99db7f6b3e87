<?php
// An ERP's door on PHP's SoapServer: rpc/encoded, a session cookie that expires after some calls, and
// XML in GB2312 within a string. Run by PHP's own web server: php -S 127.0.0.1:PORT service.php, with the environment
// ERP_STATE (an empty folder), ERP_USER, ERP_PASSWORD and ERP_CALLS (calls that a session lives).
// GET /erp?wsdl is the description, GET /figures what is held, as JSON.
declare(strict_types=1);

const GOODS = [['M001', '龙井礼盒', 153300], ['M002', '茶具&茶盘', 28880], ['M003', '普洱<熟>茶饼', 9655]];

function money(int $cents): string
{
    return sprintf('%s%d.%02d', $cents < 0 ? '-' : '', intdiv(abs($cents), 100), abs($cents) % 100);
}

function entry(string $material, int $qty): array
{
    [$code, $name, $price] = current(array_filter(GOODS, fn (array $goods): bool => $goods[0] === $material));
    return ['material' => $code, 'name' => $name, 'qty' => (string) $qty, 'amount' => money($qty * $price), 'cents' => $qty * $price];
}

function bill(string $number, string $status, string $customer, string $modified, array $entries): array
{
    return ['billNo' => $number, 'status' => $status, 'customer' => $customer, 'modified' => $modified,
        'total' => money(array_sum(array_column($entries, 'cents'))),
        'entries' => array_map(fn (array $entry): array => array_diff_key($entry, ['cents' => 0]), $entries)];
}

function seed(): array
{
    $customers = [];
    foreach (preg_split('//u', '王李张刘陈杨赵黄周吴徐孙', -1, PREG_SPLIT_NO_EMPTY) as $place => $surname) {
        $code = sprintf('C%03d', $place + 1);
        $customers[$code] = ['code' => $code, 'name' => $surname . '记商行', 'points' => 0,
            'mobile' => $place === 3 ? null : sprintf('139%08d', $place + 1)];
    }
    $bills = [];
    for ($place = 0; $place < 90; $place++) {
        $sign = $place % 15 === 14 ? -1 : 1;
        $entries = array_map(
            fn (int $number): array => entry(GOODS[($place + $number) % 3][0], $sign * (1 + ($place * 7 + $number) % 5)),
            range(0, $place % 3),
        );
        $modified = date('Y-m-d\TH:i:s', 1770000000 + intdiv($place, 20) * 60); // twenty to the second; no zone: Beijing
        $bills[] = bill(sprintf('XSDD%06d', $place + 1), $place % 9 === 0 ? 'A' : 'C', sprintf('C%03d', $place % 12 + 1), $modified, $entries);
    }
    return ['customers' => $customers, 'bills' => $bills];
}

function held(?callable $change = null): array
{
    $file = fopen(getenv('ERP_STATE') . '/erp.json', 'c+');
    flock($file, LOCK_EX);
    $state = json_decode(stream_get_contents($file) ?: 'null', true) ?? seed();
    if ($change !== null) {
        $change($state);
    }
    ftruncate($file, 0);
    rewind($file);
    fwrite($file, json_encode($state, JSON_UNESCAPED_UNICODE));
    fclose($file);
    return $state;
}

final class Erp
{
    public function login(string $account, string $user, string $password): bool
    {
        if ($user !== getenv('ERP_USER') || $password !== getenv('ERP_PASSWORD')) {
            throw new SoapFault('Client', '用户名或密码错误', null, ['code' => 'K3-400']);
        }
        $_SESSION = ['account' => $account, 'calls' => 0];
        return true;
    }

    public function bills(string $since, int $page, int $size): array
    {
        $this->admit();
        $state = held();
        $known = array_map(fn (array $customer): object => (object) $customer, $state['customers']);
        $found = array_values(array_filter($state['bills'], fn (array $bill): bool => $bill['modified'] >= substr($since, 0, 19)));
        return array_map(
            fn (array $bill): array => ['customer' => $known[$bill['customer']]] + $bill,
            array_slice($found, ($page - 1) * $size, $size),
        );
    }

    // XML in a string, both ways, in GB2312 by its own declaration.
    public function execute(string $form, string $xml): string
    {
        $this->admit();
        $asked = simplexml_load_string(preg_replace('/^<\?xml[^>]*\?>/', '', $xml));
        if ($asked === false) {
            throw new SoapFault('Client', '报文格式错误', null, ['code' => 'K3-402']);
        }
        return match ($form) {
            'customer.query' => $this->customers(),
            'customer.update' => $this->update($asked),
            'bill.save' => $this->save($asked),
            default => $this->reply('<result code="404" message="没有这个单据"/>'),
        };
    }

    private function customers(): string
    {
        $rows = array_map(fn (array $row): string => sprintf(
            '<customer><code>%s</code><name>%s</name><mobile>%s</mobile><points>%d</points></customer>',
            $row['code'], htmlspecialchars($row['name'], ENT_XML1), $row['mobile'] ?? '', $row['points'],
        ), held()['customers']);
        return $this->reply('<result code="0">' . implode('', $rows) . '</result>');
    }

    private function update(SimpleXMLElement $asked): string
    {
        $code = (string) $asked->customer->code;
        $found = false;
        held(function (array &$state) use ($asked, $code, &$found): void {
            if ($found = isset($state['customers'][$code])) {
                $state['customers'][$code]['points'] = (int) $asked->customer->points;
                $state['customers'][$code]['name'] = (string) ($asked->customer->name ?? $state['customers'][$code]['name']);
            }
        });
        return $this->reply($found ? '<result code="0"/>' : "<result code=\"1\" message=\"客户{$code}不存在\"/>");
    }

    private function save(SimpleXMLElement $asked): string
    {
        [$number, $customer] = [(string) $asked->bill->billNo, (string) $asked->bill->customer];
        $refused = null;
        held(function (array &$state) use ($asked, $number, $customer, &$refused): void {
            if (in_array($number, array_column($state['bills'], 'billNo'), true)) {
                $refused = "单据编号{$number}已存在";
            } elseif (!isset($state['customers'][$customer])) {
                $refused = "客户{$customer}不存在";
            } else {
                $entries = array_map(fn (SimpleXMLElement $entry): array => entry((string) $entry->material, (int) $entry->qty), iterator_to_array($asked->bill->entry, false));
                $state['bills'][] = bill($number, 'A', $customer, date('Y-m-d\TH:i:s'), $entries);
            }
        });
        return $this->reply($refused === null ? "<result code=\"0\"><billNo>{$number}</billNo></result>" : "<result code=\"1\" message=\"{$refused}\"/>");
    }

    // As such systems do it: text of the envelope's own encoding that says it is GB2312.
    private function reply(string $body): string
    {
        return '<?xml version="1.0" encoding="gb2312"?>' . "\n" . $body;
    }

    private function admit(): void
    {
        if (!isset($_SESSION['calls']) || ++$_SESSION['calls'] > (int) getenv('ERP_CALLS')) {
            session_destroy();
            throw new SoapFault('Server', '会话已过期，请重新登录', null, ['code' => 'K3-401']);
        }
    }
}

date_default_timezone_set('Asia/Shanghai');
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/figures') {
    header('Content-Type: application/json');
    echo json_encode(held(), JSON_UNESCAPED_UNICODE);
} elseif ($path === '/erp') {
    $wsdl = getenv('ERP_STATE') . '/erp.wsdl';
    if (!is_file($wsdl)) {
        file_put_contents($wsdl, str_replace('http://127.0.0.1/erp', "http://{$_SERVER['HTTP_HOST']}/erp", file_get_contents(__DIR__ . '/erp.wsdl')));
    }
    session_save_path(getenv('ERP_STATE'));
    session_start();
    $server = new SoapServer($wsdl, ['cache_wsdl' => WSDL_CACHE_NONE]);
    $server->setClass(Erp::class);
    $server->handle();
} else {
    http_response_code(404);
}
