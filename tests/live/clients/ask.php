<?php
// SPDX-License-Identifier: BSD-2-Clause
// A call by PHP's curl, as an application's page or a script makes it.
$c = curl_init(getenv('SIM_URL') . '/v1/chat/completions');
curl_setopt_array($c, [
    CURLOPT_CAINFO => getenv('SSL_CERT_FILE'), CURLOPT_RETURNTRANSFER => true, CURLOPT_POST => true,
    CURLOPT_HTTPHEADER => ['content-type: application/json', 'x-sim-test: ' . getenv('SIM_TEST')],
    CURLOPT_POSTFIELDS => json_encode([
        'model' => 'gpt-4o', 'messages' => [['role' => 'user', 'content' => 'count me']]]),
]);
$answer = json_decode(curl_exec($c), true);
echo getmypid(), ' ', $answer['id'] ?? curl_error($c), "\n";
