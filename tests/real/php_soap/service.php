<?php
// An ERP's door on PHP's SoapServer: rpc/encoded, a session cookie that expires after some calls, and XML in a string.
// Run by PHP's own web server: php -S 127.0.0.1:PORT service.php, with the environment ERP_STATE (an empty folder),
// ERP_USER, ERP_PASSWORD and ERP_CALLS (how many calls a session lives).
// GET /erp?wsdl is the description, GET /figures what is held, as JSON.
declare(strict_types=1);

const GOODS = ['M001' => ['龙井礼盒', 153300], 'M002' => ['茶具&茶盘', 28880], 'M003' => ['普洱<熟>茶饼', 9655]];
const DAY = 1770000000; // 2 February 2026, in Beijing
const STAMP = 'Y-m-d\TH:i:s'; // without a zone, as such systems have it

function money(int $cents): string
{
    return sprintf('%s%d.%02d', $cents < 0 ? '-' : '', intdiv(abs($cents), 100), abs($cents) % 100);
}

/** A bill of [material, quantity] pairs. */
function bill(string $number, string $status, string $customer, string $modified, array $wanted): array
{
    $entries = [];
    $total = 0;
    foreach ($wanted as [$material, $qty]) {
        [$name, $price] = GOODS[$material];
        $entries[] = ['material' => $material, 'name' => $name, 'qty' => (string) $qty, 'amount' => money($qty * $price)];
        $total += $qty * $price;
    }
    return ['billNo' => $number, 'status' => $status, 'customer' => $customer, 'modified' => $modified,
        'total' => money($total), 'entries' => $entries];
}

function seed(): array
{
    $customers = [];
    foreach (preg_split('//u', '王李张刘陈杨赵黄周吴徐孙', -1, PREG_SPLIT_NO_EMPTY) as $place => $surname) {
        $code = sprintf('C%03d', $place + 1);
        $mobile = $place === 3 ? null : sprintf('139%08d', $place + 1);
        $customers[$code] = ['code' => $code, 'name' => "{$surname}记商行", 'points' => 0, 'mobile' => $mobile];
    }
    $bills = [];
    for ($place = 0; $place < 90; $place++) {
        $sign = $place % 15 === 14 ? -1 : 1; // a return
        $wanted = [];
        for ($number = 0; $number <= $place % 3; $number++) {
            $wanted[] = [array_keys(GOODS)[($place + $number) % 3], $sign * (1 + ($place * 7 + $number) % 5)];
        }
        $bills[] = bill(
            sprintf('XSDD%06d', $place + 1),
            $place % 9 === 0 ? 'A' : 'C',
            sprintf('C%03d', $place % 12 + 1),
            date(STAMP, DAY + intdiv($place, 20) * 60), // twenty at the same second
            $wanted,
        );
    }
    return ['customers' => $customers, 'bills' => $bills];
}

/** What is held, after a change if there is one. */
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
        $from = substr($since, 0, 19);
        $found = array_values(array_filter($state['bills'], fn (array $bill): bool => $bill['modified'] >= $from));
        return array_map(
            fn (array $bill): array => ['customer' => $known[$bill['customer']]] + $bill,
            array_slice($found, ($page - 1) * $size, $size),
        );
    }

    /** XML in a string, both ways. */
    public function execute(string $form, string $xml): string
    {
        $this->admit();
        $asked = simplexml_load_string(preg_replace('/^<\?xml[^>]*\?>/', '', $xml), options: LIBXML_NOERROR);
        if ($asked === false) {
            throw new SoapFault('Client', '报文格式错误', null, ['code' => 'K3-402']);
        }
        return match ($form) {
            'customer.query' => $this->customers(),
            'customer.update' => $this->update($asked->customer),
            'bill.save' => $this->save($asked->bill),
            default => $this->reply('404', '没有这个单据'),
        };
    }

    private function customers(): string
    {
        $rows = array_map(fn (array $row): string => sprintf(
            '<customer><code>%s</code><name>%s</name><mobile>%s</mobile><points>%d</points></customer>',
            $row['code'],
            htmlspecialchars($row['name'], ENT_XML1),
            $row['mobile'] ?? '',
            $row['points'],
        ), held()['customers']);
        return $this->reply('0', content: implode('', $rows));
    }

    private function update(SimpleXMLElement $given): string
    {
        $code = (string) $given->code;
        if (!isset(held()['customers'][$code])) {
            return $this->reply('1', "客户{$code}不存在");
        }
        held(function (array &$state) use ($given, $code): void {
            $state['customers'][$code]['points'] = (int) $given->points;
            if (isset($given->name)) {
                $state['customers'][$code]['name'] = (string) $given->name;
            }
        });
        return $this->reply('0');
    }

    private function save(SimpleXMLElement $given): string
    {
        [$number, $customer] = [(string) $given->billNo, (string) $given->customer];
        $state = held();
        if (in_array($number, array_column($state['bills'], 'billNo'), true)) {
            return $this->reply('1', "单据编号{$number}已存在");
        }
        if (!isset($state['customers'][$customer])) {
            return $this->reply('1', "客户{$customer}不存在");
        }
        $wanted = [];
        foreach ($given->entry as $entry) {
            $wanted[] = [(string) $entry->material, (int) $entry->qty];
        }
        held(function (array &$state) use ($number, $customer, $wanted): void {
            $state['bills'][] = bill($number, 'A', $customer, date(STAMP), $wanted);
        });
        return $this->reply('0', content: "<billNo>{$number}</billNo>");
    }

    /** As such systems do it: text of the envelope's own encoding that says it is GB2312. */
    private function reply(string $code, string $message = '', string $content = ''): string
    {
        $told = $message === '' ? '' : " message=\"{$message}\"";
        $ending = $content === '' ? '/>' : ">{$content}</result>";
        return "<?xml version=\"1.0\" encoding=\"gb2312\"?>\n<result code=\"{$code}\"{$told}{$ending}";
    }

    private function admit(): void
    {
        if (!isset($_SESSION['calls']) || ++$_SESSION['calls'] > (int) getenv('ERP_CALLS')) {
            session_destroy();
            throw new SoapFault('Server', '会话已过期，请重新登录', null, ['code' => 'K3-401']);
        }
    }
}

function description(): string
{
    $file = getenv('ERP_STATE') . '/erp.wsdl';
    if (!is_file($file)) {
        $text = file_get_contents(__DIR__ . '/erp.wsdl');
        file_put_contents($file, str_replace('http://127.0.0.1/erp', "http://{$_SERVER['HTTP_HOST']}/erp", $text));
    }
    return $file;
}

date_default_timezone_set('Asia/Shanghai');
ini_set('display_errors', 'stderr');
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/figures') {
    header('Content-Type: application/json');
    echo json_encode(held(), JSON_UNESCAPED_UNICODE);
} elseif ($path === '/erp') {
    session_save_path(getenv('ERP_STATE'));
    session_start();
    $server = new SoapServer(description(), ['cache_wsdl' => WSDL_CACHE_NONE]);
    $server->setClass(Erp::class);
    $server->handle();
} else {
    http_response_code(404);
}
