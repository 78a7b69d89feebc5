package cn.example.shop;

import android.app.Activity;
import android.location.Location;
import android.os.Bundle;
import android.widget.TextView;

import com.amap.api.location.AMapLocationClient;

/** Fills in the delivery address; the position comes from the location library only. */
public final class AddressActivity extends Activity {
    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        TextView text = new TextView(this);
        setContentView(text);
        AMapLocationClient client = new AMapLocationClient(this);
        client.startLocation();
        Location location = client.getLastKnownLocation();
        text.setText(location == null ? "?" : location.getLatitude() + "," + location.getLongitude());
    }
}
