// SPDX-License-Identifier: BSD-2-Clause
/*
 * Java's own HTTP client: java Client.java CA [PROXY-PORT]. Reads lines of "URL, headers, body",
 * separated by tabs, headers being "name=value" with blanks between; prints a status for each.
 */
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class Client {
	static SSLContext trusting(Path ca) throws Exception {
		KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
		TrustManagerFactory trust =
			TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		SSLContext tls = SSLContext.getInstance("TLS");

		store.load(null);
		try (InputStream in = Files.newInputStream(ca)) {
			store.setCertificateEntry(
				"ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
		}
		trust.init(store);
		tls.init(null, trust.getTrustManagers(), null);
		return tls;
	}

	public static void main(String[] args) throws Exception {
		HttpClient.Builder builder = HttpClient.newBuilder().sslContext(trusting(Path.of(args[0])));
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
		HttpClient client;

		if (args.length > 1)
			builder.proxy(ProxySelector.of(
				new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1]))));
		client = builder.build();
		System.out.println("ready");
		for (String line; (line = in.readLine()) != null;) {
			String[] part = line.split("\t", 3);
			HttpRequest.Builder request =
				HttpRequest.newBuilder(URI.create(part[0]))
					.header("Content-Type", "application/json")
					.POST(HttpRequest.BodyPublishers.ofString(part[2]));

			for (String header : part[1].split(" "))
				request.header(header.split("=", 2)[0], header.split("=", 2)[1]);
			System.out.println(
				client.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode());
		}
	}
}
