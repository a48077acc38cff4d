# SPDX-License-Identifier: BSD-2-Clause
# Calls by Ruby's net/http, on one connection: JSON, then a stream.
require 'json'
require 'net/http'

url = URI(ENV['SIM_URL'])
Net::HTTP.start(url.host, url.port, use_ssl: true, ca_file: ENV['SSL_CERT_FILE']) do |http|
  [false, true].each do |stream|
    request = Net::HTTP::Post.new('/v1/chat/completions', 'content-type' => 'application/json',
                                                          'x-sim-test' => ENV['SIM_TEST'])
    request.body = { model: 'gpt-4o', messages: [{ role: 'user', content: 'count me' }],
                     stream: stream, stream_options: { include_usage: true } }.to_json
    http.request(request) { |response| response.read_body { |piece| piece } }
  end
end
